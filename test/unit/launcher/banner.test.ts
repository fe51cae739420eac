import { execFileSync } from 'node:child_process';
import { banner, curlLine } from '../../../src/infrastructure/embedded/launcher/banner';
import { demoIn, parseDemo } from '../../../src/infrastructure/embedded/launcher/demo';

const demo = { live_key: 'wk_live_a', billing_key: 'wk_billing_b', test_key: 'wk_test_c', prices: { tier_1: 0.8 } };
const facts = {
  base: 'http://127.0.0.1:8080',
  dataFolder: '/d/.waht',
  handset: 'http://127.0.0.1:4',
  demo,
  simulated: true,
};

describe('the banner', () => {
  it('tells the address, the keys, the first message, the pages, and that nothing leaves the machine', () => {
    const text = banner(facts);
    for (const part of [
      'http://127.0.0.1:8080/docs',
      'http://127.0.0.1:4',
      'wk_live_a',
      'wk_billing_b',
      'wk_test_c',
      curlLine(facts.base, demo.live_key),
      'live keys run on simulators only',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('promises no simulator where real providers are configured, and shows no keys without a demo', () => {
    const text = banner({ base: facts.base, dataFolder: facts.dataFolder, simulated: false });
    expect(text).not.toMatch(/simulators|wk_|Handset/);
  });
});

describe('the curl line', () => {
  it("is what a shell takes for the product page's own example, on one line", () => {
    const line = curlLine('http://127.0.0.1:8080', 'wk_live_a');
    expect(line).not.toContain('\n');
    const words = execFileSync('bash', ['-c', `curl() { printf '%s\\n' "$@"; }; ${line}`], { encoding: 'utf8' });
    const [method, verb, url, h1, authorization, h2, type, d, body] = words.trimEnd().split('\n');
    expect([method, verb, url]).toEqual(['-X', 'POST', 'http://127.0.0.1:8080/v1/messages']);
    expect([h1, authorization]).toEqual(['-H', 'Authorization: Bearer wk_live_a']);
    expect([h2, type]).toEqual(['-H', 'Content-Type: application/json']);
    expect(d).toBe('-d');
    expect(JSON.parse(body ?? '')).toEqual({
      to: '+254712345678',
      channel: 'sms',
      body: 'Your order #4821 has shipped.',
      sender_id: 'WAHT',
    });
  });
});

describe("the demo's facts", () => {
  it('are found among whatever else was printed', () => {
    const noise = '{"level":30,"msg":"connected"}\nnot json {\n';
    expect(demoIn(`${noise}${JSON.stringify({ ...demo, customer_id: 'cus_1' })}\n{broken`)).toEqual({
      ...demo,
      customer_id: 'cus_1',
    });
  });

  it('are none without all three keys', () => {
    expect(demoIn('')).toBeUndefined();
    expect(parseDemo({ live_key: 'a', billing_key: 'b' })).toBeUndefined();
    expect(parseDemo(undefined)).toBeUndefined();
  });
});
