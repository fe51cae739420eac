import { ALL_SENDERS } from './keys';

/**
 * GCRA over Redis's own clock, so that many processes with clocks of their own keep one limit. Returns the milliseconds
 * to wait, 0 when the request may pass. A tat further ahead than the limit can ever put it comes from a clock that was
 * set back, and is forgotten.
 */
const GCRA = `
local function take(key, now, per_second, burst)
  local emission = 1000000 / per_second
  local tat = tonumber(redis.call('GET', key) or now)
  if tat < now or tat - now > (burst + 1) * emission then tat = now end
  local allowed_at = tat + emission - burst * emission
  if allowed_at > now then return math.ceil((allowed_at - now) / 1000) end
  redis.call('SET', key, string.format('%.0f', tat + emission), 'PX', math.ceil((tat + emission - now) / 1000) + 1)
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
`;

/** KEYS: rate. ARGV: requests a second, burst. */
export const TAKE = `${GCRA}
return take(KEYS[1], now, tonumber(ARGV[1]), tonumber(ARGV[2]))
`;

/**
 * Blocks and velocity, the same for a message and for a question about one. Almost always no block of any kind stands, and one
 * look says so. Leaves `sent`, the messages of the last minute to the recipient, and `bucket`, in which this one would count;
 * returns at once where a block holds, or where the recipient wants none from the sender that a promotion names.
 */
const JUDGE = (
  customer: string,
  recipient: string,
  all: string,
  own: string,
  velocity: string,
  digits: string,
  optedOut: string,
  sender: string,
): string => `
if redis.call('EXISTS', ${customer}, ${recipient}, ${all}, ${own}) > 0 then
  if redis.call('EXISTS', ${customer}) == 1 then return {'admitted', 'customer', '0'} end
  if redis.call('EXISTS', ${recipient}) == 1 then return {'admitted', 'recipient', '0'} end
  local prefixes = {}
  for length = 1, #${digits} do prefixes[length] = string.sub(${digits}, 1, length) end
  for _, set in ipairs({${all}, ${own}}) do
    for _, hit in ipairs(redis.call('SMISMEMBER', set, unpack(prefixes))) do
      if hit == 1 then return {'admitted', 'prefix', '0'} end
    end
  end
end
if ${sender} ~= '' then
  for _, hit in ipairs(redis.call('SMISMEMBER', ${optedOut}, ${sender}, '${ALL_SENDERS}')) do
    if hit == 1 then return {'admitted', 'none', '0', '1'} end
  end
end
local bucket = math.floor(tonumber(time[1]) / 5)
local sent = 0
local buckets = redis.call('HGETALL', ${velocity})
for i = 1, #buckets, 2 do
  local age = bucket - tonumber(buckets[i])
  if age >= 0 and age <= 12 then sent = sent + tonumber(buckets[i + 1]) end
end
`;

/**
 * Everything that is counted before a message is accepted, in one round trip and one atomic step.
 * KEYS: idempotency ('' without), rate, velocity, blocked recipient, blocked customer, prefixes blocked for all, prefixes
 * blocked for the customer, blocks written, opt-outs of the recipient, opt-outs written.
 * ARGV: body digest, claim token, claim's life in ms, requests a second ('' where it is no request of its own), burst, digits
 * ('' where no recipient is to be judged), messages a minute to the recipient, sender of a promotion ('' otherwise).
 * An idempotency key holds `P:token:digest` while its first request runs, then `D:digest:response`. Replays and pending
 * answers return before anything is counted. Velocity is kept in buckets of five seconds; a message over the limit is not
 * counted, or hammering would shut a recipient out for ever. A bucket is looked at for 65 seconds from its beginning, so the
 * life of 70 that its first message gives is long enough.
 */
export const ADMIT = `${GCRA}
if redis.call('EXISTS', KEYS[8], KEYS[10]) < 2 then return {'unready'} end
if KEYS[1] ~= '' then
  local known = redis.call('GET', KEYS[1])
  if known then
    if string.sub(known, 1, 2) == 'P:' then return {'pending'} end
    local split = string.find(known, ':', 3, true)
    local same = string.sub(known, 3, split - 1) == ARGV[1] and '1' or '0'
    return {'replay', same, string.sub(known, split + 1)}
  end
end
local wait = ARGV[4] == '' and 0 or take(KEYS[2], now, tonumber(ARGV[4]), tonumber(ARGV[5]))
if wait > 0 then return {'limited', tostring(wait)} end
if KEYS[1] ~= '' then redis.call('SET', KEYS[1], 'P:' .. ARGV[2] .. ':' .. ARGV[1], 'PX', tonumber(ARGV[3])) end
if ARGV[6] == '' then return {'admitted', 'none', '0'} end
${JUDGE('KEYS[5]', 'KEYS[4]', 'KEYS[6]', 'KEYS[7]', 'KEYS[3]', 'ARGV[6]', 'KEYS[9]', 'ARGV[8]')}
for i = 1, #buckets, 2 do
  if bucket - tonumber(buckets[i]) > 12 then redis.call('HDEL', KEYS[3], buckets[i]) end
end
if sent < tonumber(ARGV[7]) then
  if redis.call('HINCRBY', KEYS[3], bucket, 1) == 1 then redis.call('EXPIRE', KEYS[3], 70) end
end
return {'admitted', 'none', tostring(sent + 1)}
`;

/** Makes a claim live longer, if it is still this request's. KEYS: idempotency. ARGV: claim token, its life in ms. */
export const KEEP = `
local known = redis.call('GET', KEYS[1])
local claim = 'P:' .. ARGV[1] .. ':'
if known and string.sub(known, 1, #claim) == claim then return redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2])) end
return 0
`;

/** Gives a claim back, if it is still this request's. KEYS: idempotency. ARGV: claim token. */
export const FORGET = `
local known = redis.call('GET', KEYS[1])
local claim = 'P:' .. ARGV[1] .. ':'
if known and string.sub(known, 1, #claim) == claim then return redis.call('DEL', KEYS[1]) end
return 0
`;

/**
 * What ADMIT would find, without counting anything. KEYS: velocity, blocked recipient, blocked customer, prefixes blocked for
 * all, prefixes blocked for the customer, blocks written, opt-outs of the recipient, opt-outs written. ARGV: digits, sender of a
 * promotion ('' otherwise).
 */
export const PEEK = `
if redis.call('EXISTS', KEYS[6], KEYS[8]) < 2 then return {'unready'} end
local time = redis.call('TIME')
${JUDGE('KEYS[3]', 'KEYS[2]', 'KEYS[4]', 'KEYS[5]', 'KEYS[1]', 'ARGV[1]', 'KEYS[7]', 'ARGV[2]')}
return {'admitted', 'none', tostring(sent + 1)}
`;
