import type { ClientDuplexStream } from '@grpc/grpc-js';

import type { ChatRequest, ChatResponse } from '../../../proto/gen/parley/v1/chat_service.pb.ts';

export type Stream = ClientDuplexStream<ChatRequest, ChatResponse>;
