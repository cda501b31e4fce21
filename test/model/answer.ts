import { status } from '@grpc/grpc-js';

import type { SendReceipt } from '../../proto/gen/parley/v1/chat.pb.ts';
import { CallFailed, type RichStatus } from '../e2e/protocol/rich-status.ts';
import type { Refusal } from './refusals.ts';

/** What a request is answered: its place in the log, why it was refused, or nothing but that it is done. */
export type Answer = { readonly seq: number; readonly ordinal: number } | Refusal | 'done';

export function receiptOf({ seq, ordinal }: { seq: number | bigint; ordinal: number | bigint }): Answer {
  return { seq: Number(seq), ordinal: Number(ordinal) };
}

export function refusalOf({ code, reason }: Pick<RichStatus, 'code' | 'reason'>): Answer {
  return { refused: `${status[code]} ${reason}` };
}

/** The answer of a call: its receipt, if it gives one. @throws what is no status of the server */
export async function answerOf(call: Promise<SendReceipt | object | undefined>): Promise<Answer> {
  try {
    const answer = await call;
    return isReceipt(answer) ? receiptOf(answer) : 'done';
  } catch (error) {
    if (error instanceof CallFailed) return refusalOf(error);
    throw error;
  }
}

function isReceipt(answer: object | undefined): answer is SendReceipt {
  return answer !== undefined && 'seq' in answer && 'ordinal' in answer;
}
