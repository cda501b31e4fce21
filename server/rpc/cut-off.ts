import { constants, type ServerHttp2Stream } from 'node:http2';

import type { Clock, Timer } from '../lib/clock.ts';

/**
 * Resets a stream that is over, but whose peer takes nothing: what waits for it would be kept for as long as its
 * connection lives.
 */
export class CutOff {
  readonly #call: object;
  readonly #clock: Clock;
  #patienceMs: number | undefined;
  #closed = false;
  #timer: Timer | undefined;

  constructor(call: object, clock: Clock) {
    this.#call = call;
    this.#clock = clock;
  }

  /** The stream is over: from now on the peer has so long for each frame that is left, and for the status. */
  begin(patienceMs: number): void {
    this.#patienceMs = patienceMs;
    this.progress();
  }

  /** The peer has taken a frame. */
  progress(): void {
    if (this.#patienceMs === undefined || this.#closed) return;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(this.#patienceMs, () => http2StreamOf(this.#call)?.close(constants.NGHTTP2_CANCEL));
  }

  /** The call is closed: there is nothing to cut off any more. */
  cancel(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }
}

/** grpc-js has no way to reset a stream whose peer reads nothing: this reaches for the HTTP/2 stream under it. */
function http2StreamOf(call: { call?: { stream?: ServerHttp2Stream } }): ServerHttp2Stream | undefined {
  return call.call?.stream;
}
