/** Draws handsets and conversations. Bodies and senders are untrusted: they are only ever put into textContent. */
const MAX_LISTED = 150;
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const fullClock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const shortDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

export const RESERVED = [
  ['00', 'Delivered'],
  ['01', 'Unknown subscriber: the report says failed'],
  ['02', 'Absent: the phone is off'],
  ['03', 'Received, but no report ever comes'],
  ['04', 'The report comes after 30 s'],
  ['05', 'Three identical reports'],
  ['06', 'Reported delivered, then failed'],
  ['07', 'Tier 1 refuses; the next tier delivers'],
  ['08', 'Every tier refuses'],
  ['09', 'Accepted, but the call is never answered'],
  ['10', 'Fails for a moment twice, then delivered'],
  ['11', 'Opted out: refused'],
  ['12', 'Refused as fraud by the gateway'],
];

/** An element with classes and text. */
export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** `+254712345678` as people read it: +254 712 345 678, with spaces that do not break. */
export function pretty(number) {
  const kenyan = /^\+254(\d{3})(\d{3})(\d{3})$/.exec(number);
  return kenyan ? `+254\u00a0${kenyan[1]}\u00a0${kenyan[2]}\u00a0${kenyan[3]}` : number;
}

export function tierBadge(tier) {
  const badge = make('span', 'tier', tier.replace(/^tier_/, 'Tier\u00a0'));
  badge.dataset.tier = tier;
  return badge;
}

/** What a reserved number stands for, or an empty text. */
export function fateOf(number) {
  const suffix = /^\+2547000001(\d\d)$/.exec(number)?.[1];
  return RESERVED.find(([reserved]) => reserved === suffix)?.[1] ?? '';
}

/** Fills the list, keeping the elements of numbers that stay, so that focus and scrolling survive a burst. */
export function drawHandsets(list, handsets, chosen, onChoose) {
  const rows = new Map([...list.children].map((row) => [row.dataset.number, row]));
  const wanted = handsets.slice(0, MAX_LISTED);
  const focused = document.activeElement;
  wanted.forEach((handset, index) => {
    const row = rows.get(handset.number) ?? makeRow(handset.number, onChoose);
    rows.delete(handset.number);
    fillRow(row, handset, handset.number === chosen);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  for (const row of rows.values()) row.remove();
  if (focused !== document.activeElement && list.contains(focused)) focused.focus();
  return handsets.length - wanted.length;
}

function makeRow(number, onChoose) {
  const row = make('li');
  row.dataset.number = number;
  const button = make('button', 'handset');
  button.type = 'button';
  const avatar = make('span', 'avatar', number.slice(-2));
  avatar.setAttribute('aria-hidden', 'true');
  button.append(
    avatar,
    make('span', 'handset-number', pretty(number)),
    make('span', 'handset-time'),
    make('span', 'handset-last'),
    make('span', 'unread'),
  );
  button.addEventListener('click', () => onChoose(number));
  row.append(button);
  return row;
}

function fillRow(row, handset, chosen) {
  const button = row.firstElementChild;
  const [, , time, last, unread] = button.children;
  const { at, body, mine } = handset.last;
  time.textContent = when(new Date(at));
  last.textContent = `${mine ? 'You: ' : ''}${body.replace(/\s+/g, ' ').slice(0, 120)}`;
  unread.hidden = handset.unread === 0;
  unread.textContent = handset.unread > 99 ? '99+' : String(handset.unread);
  unread.setAttribute('aria-label', `${handset.unread} unread`);
  if (chosen) button.setAttribute('aria-current', 'true');
  else button.removeAttribute('aria-current');
}

function when(date) {
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : shortDay.format(date);
}

/** Draws the whole conversation, or adds what is new at its end. */
export function drawTalk(talk, texts, known) {
  const isAppend = known.length > 0 && texts.length >= known.length && known.every((id, at) => texts[at].id === id);
  if (!isAppend) talk.replaceChildren();
  const from = isAppend ? known.length : 0;
  texts.slice(from).forEach((text, offset) => {
    const before = texts[from + offset - 1];
    const date = new Date(text.at);
    const isNewDay = before === undefined || new Date(before.at).toDateString() !== date.toDateString();
    if (isNewDay) talk.append(make('p', 'day', day.format(date)));
    const sender = text.mine ? null : text.from;
    if (sender !== null && (isNewDay || before.mine || before.from !== sender))
      talk.append(make('p', 'sender', sender));
    talk.append(makeText(text, date, isAppend));
  });
  return texts.map((text) => text.id);
}

function makeText(text, date, fresh) {
  const block = make('div', `text${text.mine ? ' mine' : ''}${fresh ? ' fresh' : ''}`);
  const meta = make('p', 'meta');
  const time = make('time', '', fullClock.format(date));
  time.dateTime = text.at;
  if (text.mine) {
    meta.append(make('span', '', `to ${text.to}`), time);
  } else {
    const parts = text.segments === 1 ? '1\u00a0segment' : `${text.segments}\u00a0segments`;
    meta.append(tierBadge(text.tier), make('span', '', text.provider), make('span', '', parts), time);
    meta.title = text.provider_message_id;
  }
  block.append(make('p', 'bubble', text.body), meta);
  return block;
}

export function drawReserved(body) {
  for (const [suffix, meaning] of RESERVED) {
    const row = make('tr');
    const number = make('td');
    number.append(make('span', 'stem', '+254\u00a0700\u00a0000\u00a01'), make('b', '', suffix));
    row.append(number, make('td', '', meaning));
    body.append(row);
  }
}
