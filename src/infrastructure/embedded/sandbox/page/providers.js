/** Draws the providers with their counters and the switches that make failover visible. */
import { make, tierBadge } from './view.js';

const OUTAGES = [
  ['none', 'None'],
  ['refuse', 'Refuse'],
  ['reset', 'Reset'],
  ['503', '503'],
];
const LATENCIES = [
  ['0', 'None'],
  ['500', '0.5 s'],
  ['3000', '3 s'],
  ['30000', '30 s'],
];
const number = new Intl.NumberFormat('en-GB');

/** `change(name, method, body)` sends a switch to the sandbox. */
export function drawProviders(container, providers, change) {
  const cards = new Map([...container.children].map((card) => [card.dataset.name, card]));
  for (const provider of providers) {
    const card = cards.get(provider.name) ?? makeCard(provider, change);
    cards.delete(provider.name);
    if (card.parentNode === null) container.append(card);
    fillCard(card, provider);
  }
  for (const card of cards.values()) card.remove();
}

function makeCard(provider, change) {
  const card = make('article', 'provider');
  card.dataset.name = provider.name;
  const head = make('div', 'provider-head');
  const reset = make('button', 'quiet reset', 'Clear faults');
  reset.type = 'button';
  reset.addEventListener('click', () => change(provider.name, 'PUT', {}));
  head.append(make('h3', '', provider.name), tierBadge(provider.tier), reset);
  const counters = make('dl', 'counters');
  for (const [key, label] of [
    ['requests', 'requests'],
    ['accepted', 'accepted'],
    ['reports', 'reports'],
  ]) {
    const cell = make('div');
    const value = make('dd', '', '0');
    value.dataset.counter = key;
    cell.append(make('dt', '', label), value);
    counters.append(cell);
  }
  card.append(
    head,
    make('p', 'provider-adapter', adapterName(provider.adapter)),
    counters,
    makeSwitch(provider.name, 'outage', 'Outage', OUTAGES, (value) =>
      change(provider.name, 'PATCH', { outage: value }),
    ),
    makeSwitch(provider.name, 'latency', 'Latency', LATENCIES, (value) =>
      change(provider.name, 'PATCH', { latency_ms: Number(value) }),
    ),
    make('p', 'others'),
  );
  return card;
}

function makeSwitch(provider, kind, label, choices, onChoose) {
  const group = make('fieldset', 'switch');
  group.dataset.kind = kind;
  const name = make('span', 'switch-name', label);
  const legend = make('legend', 'visually-hidden', `${label} of ${provider}`);
  name.setAttribute('aria-hidden', 'true');
  const row = make('div', 'choices');
  for (const [value, text] of choices) {
    const choice = make('label');
    const radio = make('input');
    radio.type = 'radio';
    radio.name = `${kind}-${provider}`;
    radio.value = value;
    radio.addEventListener('change', () => onChoose(value));
    choice.append(radio, make('span', '', text));
    row.append(choice);
  }
  group.append(legend, name, row);
  return group;
}

function fillCard(card, provider) {
  for (const value of card.querySelectorAll('[data-counter]'))
    value.textContent = number.format(provider[value.dataset.counter]);
  check(card, 'outage', provider.state.outage);
  check(card, 'latency', String(provider.state.latency_ms));
  const others = otherFaults(provider.state);
  const faulty = provider.state.outage !== 'none' || provider.state.latency_ms > 0 || others.length > 0;
  card.classList.toggle('faulty', faulty);
  card.querySelector('.reset').hidden = !faulty;
  const note = card.querySelector('.others');
  note.hidden = others.length === 0;
  note.textContent = others.length === 0 ? '' : `Also set: ${others.join(', ')}`;
}

function check(card, kind, value) {
  for (const radio of card.querySelectorAll(`[data-kind="${kind}"] input`)) radio.checked = radio.value === value;
}

/** Switches set through the API that have no control here, in words. */
function otherFaults(state) {
  const words = [];
  if (!LATENCIES.some(([value]) => value === String(state.latency_ms))) words.push(`latency ${state.latency_ms} ms`);
  if (state.share < 1) words.push(`${Math.round(state.share * 100)} % of requests`);
  if (state.hang !== 'none') words.push(`hang ${state.hang.replace('_', ' ')}`);
  for (const error of state.errors) words.push(`error ${error.code} for ${Math.round(error.share * 100)} %`);
  if (state.answer !== 'normal') words.push(`answer ${state.answer.replaceAll('_', ' ')}`);
  if (state.retry_after_s !== null) words.push(`Retry-After ${state.retry_after_s} s`);
  const { report } = state;
  if (report.outcome !== 'delivered')
    words.push(`report ${report.outcome}${report.reason ? ` (${report.reason})` : ''}`);
  if (report.delay_ms !== 50) words.push(`report after ${report.delay_ms} ms`);
  if (report.copies > 1) words.push(`${report.copies} copies of each report`);
  for (const flag of ['before_answer', 'reorder', 'contradict', 'unknown_id', 'bad_signature'])
    if (report[flag]) words.push(`report ${flag.replace('_', ' ')}`);
  if (report.id_radix !== 10) words.push(`ids in base ${report.id_radix}`);
  return words;
}

function adapterName(adapter) {
  const names = {
    africastalking: 'Africa’s Talking',
    'africastalking-bulk': 'Africa’s Talking, bulk',
    infobip: 'Infobip',
    smpp: 'SMPP 3.4',
    twilio: 'Twilio',
  };
  return `${names[adapter] ?? adapter}, simulated`;
}
