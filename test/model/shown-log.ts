import type { Seen } from './seen.ts';

/** A conversation as a device shows it: entries by seq, each changed by the recalls and edits that came after it. */
export class ShownLog {
  readonly #entries = new Map<number, Seen>();

  /** In the order of seq. */
  get entries(): Seen[] {
    return [...this.#entries.values()].sort((a, b) => a.seq - b.seq);
  }

  /** An entry that came. What the device has already is passed over: delivery is at least once. */
  show(entry: Seen): void {
    if (this.#entries.has(entry.seq)) return;
    this.#entries.set(entry.seq, entry);
    const { body } = entry;
    if (body.kind === 'recall') {
      this.#change(body.targetSeq, () => ({ kind: 'recalled', recallSeq: entry.seq }));
      this.#forgetEdits(body.targetSeq, Infinity);
    }
    if (body.kind === 'edit') {
      const { revision, text, targetSeq } = body;
      if (text !== null) {
        this.#change(targetSeq, (now) =>
          now.kind === 'content' && now.revision < revision ? { kind: 'content', text, revision } : now,
        );
      }
      this.#forgetEdits(targetSeq, revision);
    }
  }

  #forgetEdits(targetSeq: number, before: number): void {
    for (const { seq, body } of this.#entries.values()) {
      if (body.kind !== 'edit' || body.targetSeq !== targetSeq || body.revision >= before) continue;
      this.#change(seq, () => ({ ...body, text: null }));
    }
  }

  #change(seq: number, change: (body: Seen['body']) => Seen['body']): void {
    const entry = this.#entries.get(seq);
    if (entry !== undefined) this.#entries.set(seq, { ...entry, body: change(entry.body) });
  }
}
