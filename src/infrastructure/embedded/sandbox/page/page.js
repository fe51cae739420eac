/** Wires the page: the live stream in, clicks and keys out. */
import { Model } from './model.js';
import { drawProviders } from './providers.js';
import { drawHandsets, drawReserved, drawTalk, fateOf, pretty } from './view.js';

const $ = (id) => document.getElementById(id);
const model = new Model();
let known = [];
let drawn = null;
let scheduled = false;
let skipped = 0;
let toastTimer = 0;

function redraw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    draw();
  });
}

function draw() {
  const isEmpty = model.handsets.size === 0;
  document.body.toggleAttribute('data-empty', isEmpty);
  $('clear').hidden = isEmpty;
  $('find').hidden = model.handsets.size < 6 && $('filter').value === '';
  if (model.chosen !== null && !document.hidden) model.markRead(model.chosen);
  const found = model.list($('filter').value);
  const more = drawHandsets($('handsets'), found, model.chosen, choose);
  $('list-note').textContent = listNote(isEmpty, found.length, more);
  drawConversation(isEmpty);
  const unread = model.unread();
  document.title = `${unread > 0 ? `(${unread > 999 ? '999+' : unread}) ` : ''}Handsets — Waht sandbox`;
}

function listNote(isEmpty, found, more) {
  if (isEmpty) return 'Numbers appear here when they receive their first text.';
  if (found === 0) return 'No handset has such a number.';
  if (more > 0) return `${more} more; find one by its number.`;
  return skipped > 0
    ? `${skipped.toLocaleString('en-GB')} texts came too fast to be shown; the inbox has them all.`
    : '';
}

function drawConversation(isEmpty) {
  const open = model.chosen !== null;
  document.body.toggleAttribute('data-open', open);
  $('phone').hidden = !open;
  $('empty').hidden = open;
  $('example').hidden = !isEmpty;
  $('hint').hidden = !isEmpty;
  $('empty-title').textContent = isEmpty ? 'No text has arrived yet' : 'Choose a handset';
  $('empty-text').textContent = isEmpty
    ? 'Send one through the gateway and it shows up here the moment a simulated handset receives it.'
    : 'Its texts are shown here, with the tier and the provider that brought each of them.';
  if (!open) return;
  const talk = $('talk');
  const isOther = drawn !== model.chosen;
  const wasAtEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60;
  const count = known.length;
  if (isOther) known = [];
  drawn = model.chosen;
  $('phone-number').textContent = pretty(model.chosen);
  $('phone-fate').textContent = fateOf(model.chosen);
  const texts = model.conversation();
  known = drawTalk(talk, texts, known);
  drawReplyTo(texts);
  if (isOther || wasAtEnd) talk.scrollTop = talk.scrollHeight;
  else if (known.length > count) $('jump').hidden = false;
  if (isOther || wasAtEnd) $('jump').hidden = true;
}

/** A handset answers the senders it has heard from. */
function drawReplyTo(texts) {
  $('reply').hidden = !model.inbound;
  const senders = [...new Set(texts.filter((text) => !text.mine).map((text) => text.from))].slice(-20).reverse();
  const select = $('reply-to');
  const current = [...select.options].map((option) => option.value);
  if (senders.join('\n') === current.join('\n')) return;
  select.replaceChildren(...senders.map((sender) => new Option(sender, sender)));
}

function choose(number) {
  model.choose(number);
  show('messages');
  draw();
  loadOlder(number);
  if (matchMedia('(width < 720px)').matches) $('back').focus();
}

function close() {
  const last = model.chosen;
  model.chosen = null;
  draw();
  const row = [...$('handsets').children].find((child) => child.dataset.number === last);
  row?.firstElementChild.focus();
}

/** The stream begins with the newest texts of all handsets; a handset's own earlier ones are fetched when it is opened. */
async function loadOlder(number) {
  const response = await fetch(`/sandbox/inbox?limit=300&to=${encodeURIComponent(number)}`);
  if (!response.ok) return;
  const { data } = await response.json();
  data.forEach((row) => model.received(row));
  if (model.chosen === number) redraw();
}

async function call(method, path, body) {
  try {
    const response = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    if (response.ok) return true;
    const problem = await response.json();
    toast(problem.errors?.map((error) => `${error.field} ${error.message}`).join('; ') ?? problem.title);
  } catch {
    toast('The sandbox does not answer.');
  }
  return false;
}

function toast(text) {
  $('toast').textContent = text;
  $('toast').hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => ($('toast').hidden = true), 5000);
}

function show(view) {
  document.body.dataset.view = view;
  for (const button of document.querySelectorAll('[data-show]'))
    button.setAttribute('aria-pressed', String(button.dataset.show === view));
}

function drawExample() {
  const gateway = model.gatewayUrl ?? 'http://127.0.0.1:8080';
  $('curl').textContent = [
    `curl ${gateway}/v1/messages \\`,
    `  -H 'Authorization: Bearer YOUR_KEY' \\`,
    `  -d '{"to": "+254712345678", "channel": "sms", "body": "Habari!"}'`,
  ].join('\n');
}

function live(state, text) {
  $('live').dataset.state = state;
  $('live-text').textContent = text;
}

function listen() {
  // The browser reconnects by itself and says with Last-Event-ID how far it got.
  const stream = new EventSource('/sandbox/stream');
  const on = (name, handler) => stream.addEventListener(name, (event) => handler(JSON.parse(event.data)));
  stream.addEventListener('open', () => live('live', 'Live'));
  stream.addEventListener('error', () => live('lost', 'Connection lost, trying again'));
  on('hello', (hello) => {
    if (!hello.resumed) model.clear();
    model.inbound = hello.inbound;
    model.gatewayUrl = hello.gateway_url;
    drawExample();
    redraw();
  });
  on('message', (row) => model.received(row) && redraw());
  on('reply', (row) => model.sent(row) && redraw());
  on('skipped', ({ count }) => (skipped += count));
  on('cleared', () => {
    model.clear();
    skipped = 0;
    redraw();
  });
  on('providers', ({ data }) => drawProviders($('providers'), data, changeProvider));
}

function changeProvider(name, method, body) {
  return call(method, `/sandbox/providers/${encodeURIComponent(name)}`, body);
}

/** Two clicks, so that a slip does not empty everything. */
function armClear() {
  const button = $('clear');
  let timer = 0;
  const calm = () => {
    clearTimeout(timer);
    button.classList.remove('sure');
    button.textContent = 'Clear all';
  };
  button.addEventListener('blur', calm);
  button.addEventListener('click', () => {
    if (button.classList.contains('sure')) {
      calm();
      call('DELETE', '/sandbox/inbox');
      return;
    }
    button.classList.add('sure');
    button.textContent = 'Really clear?';
    timer = setTimeout(calm, 4000);
  });
}

function onKey(event) {
  if (event.key === 'Escape') {
    if (event.target === $('filter') && $('filter').value !== '') $('filter').value = '';
    else if (model.chosen !== null) return close();
    return redraw();
  }
  const row = event.target.closest?.('#handsets li');
  if (row === null || row === undefined || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return;
  const next = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling;
  if (next === null) return;
  event.preventDefault();
  next.firstElementChild.focus();
}

async function sendReply(event) {
  event.preventDefault();
  const body = $('reply-body').value;
  const to = $('reply-to').value;
  if (body.trim() === '' || model.chosen === null) return;
  if (await call('POST', `/sandbox/handsets/${encodeURIComponent(model.chosen)}/messages`, { to, body }))
    $('reply-body').value = '';
}

async function copyExample() {
  try {
    await navigator.clipboard.writeText($('curl').textContent);
    $('copy').textContent = 'Copied';
    setTimeout(() => ($('copy').textContent = 'Copy'), 2000);
  } catch {
    toast('The browser does not allow copying; select the text instead.');
  }
}

drawReserved($('reserved'));
drawExample();
armClear();
for (const button of document.querySelectorAll('[data-show]'))
  button.addEventListener('click', () => show(button.dataset.show));
$('filter').addEventListener('input', redraw);
$('back').addEventListener('click', close);
$('copy').addEventListener('click', copyExample);
$('jump').addEventListener('click', () => ($('talk').scrollTop = $('talk').scrollHeight));
$('talk').addEventListener('scroll', () => {
  const talk = $('talk');
  if (talk.scrollHeight - talk.scrollTop - talk.clientHeight < 60) $('jump').hidden = true;
});
$('reply').addEventListener('submit', sendReply);
$('reply-body').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) $('reply').requestSubmit();
  if (event.key === 'Enter' && !event.shiftKey) event.preventDefault();
});
document.addEventListener('keydown', onKey);
document.addEventListener('visibilitychange', redraw);
draw();
listen();
