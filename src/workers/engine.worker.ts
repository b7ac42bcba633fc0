/** The thread that owns the GPU. */
import { makeEngineSession } from './engineSession.ts';
import type { EngineApi, EngineEvent } from './protocol.ts';
import { serve, type Port } from './rpc.ts';

const emit: (event: EngineEvent) => void = serve<EngineApi, EngineEvent>(
  globalThis as unknown as Port,
  makeEngineSession((event) => emit(event)),
);
