/** The thread that reads files, tokenises and retrieves. */
import type { TokenizerApi, TokenizerEvent } from './protocol.ts';
import { serve, type Port } from './rpc.ts';
import { makeTokenizerSession } from './tokenizerSession.ts';

serve<TokenizerApi, TokenizerEvent>(globalThis as unknown as Port, makeTokenizerSession());
