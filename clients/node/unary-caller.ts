import type { CallOptions, Client, ClientUnaryCall, Metadata, ServiceError } from '@grpc/grpc-js';
import { authorization, channelCredentials, channelOptions } from './channel.ts';
import type { Endpoint } from './channel.ts';
import { aborted, fromCall } from './errors.ts';

/** Options of every unary call. */
export interface UnaryOptions {
  /** Gives up after so long, with DEADLINE_EXCEEDED. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts: CANCELLED (ABORTED). The server may have done it all the same. */
  readonly signal?: AbortSignal;
}

const DEFAULT_TIMEOUT_MS = 10_000;

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

interface ServiceConstructor<Service extends Client> {
  new (
    address: string,
    credentials: ReturnType<typeof channelCredentials>,
    options: ReturnType<typeof channelOptions>,
  ): Service;
}

/** Makes unary calls to one server with one token. All its services share one connection. */
export class UnaryCaller {
  readonly #endpoint: Endpoint;
  readonly #metadata: Metadata;
  readonly #services: Client[] = [];

  constructor(endpoint: Endpoint, token?: string) {
    this.#endpoint = endpoint;
    this.#metadata = authorization(token);
  }

  service<Service extends Client>(constructor: ServiceConstructor<Service>): Service {
    const first = this.#services[0];
    const options = {
      ...channelOptions(this.#endpoint),
      ...(first && { channelOverride: first.getChannel() }),
    };
    const service = new constructor(this.#endpoint.address, channelCredentials(this.#endpoint), options);
    this.#services.push(service);
    return service;
  }

  /** Calls `method`, bound to its service. Rejects with a ParleyError. */
  call<Request, Response>(
    method: UnaryMethod<Request, Response>,
    request: Request,
    { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: UnaryOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(aborted(signal));
        return;
      }
      const cancel = (): void => call.cancel();
      const call = method(request, this.#metadata, { deadline: Date.now() + timeoutMs }, (error, response) => {
        signal?.removeEventListener('abort', cancel);
        if (!error) resolve(response);
        else reject(signal?.aborted ? aborted(signal) : fromCall(error));
      });
      signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  close(): void {
    for (const service of this.#services) service.close();
  }
}
