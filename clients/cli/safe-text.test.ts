import { describe, expect, test } from '@jest/globals';
import { safeJson, safeLine, safeText } from './safe-text.ts';

const HOSTILE = [
  '\u001b]52;c;ZXZpbA==\u0007',
  '\u009b31m',
  '\u0000\u007f',
  '\r',
  '\u202egnp.exe',
  '\u2066x\u2069',
  '\u2028',
];

const ACTS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

describe('safe text', () => {
  test.each(HOSTILE)('shows %j, but lets it do nothing', (text) => {
    for (const safe of [safeLine(text), safeText(text), safeJson({ text })]) expect(safe).not.toMatch(ACTS);
    expect(JSON.parse(safeJson({ text }))).toEqual({ text });
  });

  test('leaves what is harmless as it is', () => {
    expect(safeText('naïve 日本 👩‍👩‍👧 שלום')).toBe('naïve 日本 👩‍👩‍👧 שלום');
  });

  test('does not let a text pose as another message', () => {
    expect(safeText('hi\n[12:00] bob: I owe you')).toBe('hi\n    [12:00] bob: I owe you');
    expect(safeLine('a\nb')).toBe('a\\u000ab');
  });

  test('writes bytes as base64', () => {
    expect(safeJson({ data: Buffer.from('hi'), other: new Uint8Array([1]) })).toBe('{"data":"aGk=","other":"AQ=="}');
  });
});
