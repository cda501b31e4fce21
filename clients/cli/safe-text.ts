/**
 * What a terminal would act on, or what reorders the text around it: C0 and C1 controls, DEL, line separators, and the
 * marks, embeddings, overrides and isolates of bidirectional text.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** One line, with everything unsafe shown as an escape: for names, titles and errors. */
export function safeLine(text: string): string {
  return text.replace(UNSAFE, escape);
}

/** As safeLine, but lines stay lines: those after the first are indented, so that none can pose as another message. */
export function safeText(text: string): string {
  return text
    .split(/\r\n|\n/)
    .map((line) => safeLine(line.replaceAll('\t', ' ')))
    .join('\n    ');
}

/** JSON on one line, safe to print: what a terminal would act on is escaped. Bytes are base64. */
export function safeJson(value: unknown): string {
  const json = JSON.stringify(value, (_key, field: unknown) => {
    if (field instanceof Uint8Array) return Buffer.from(field).toString('base64');
    // Buffers have told JSON about themselves already when they come here.
    const isBuffer = typeof field === 'object' && field !== null && 'type' in field && field.type === 'Buffer';
    return isBuffer && 'data' in field ? Buffer.from(field.data as number[]).toString('base64') : field;
  });
  return json.replace(UNSAFE, escape);
}
