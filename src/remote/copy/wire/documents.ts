/** The JSON documents of copies. */
import type { FileTime } from '../../../platform/at-calls.js';
import { asObject, asSize, asText, malformed, optional, type Json } from '../../transport/json.js';
import type { BasisName, FileFacts, LeftFacts } from '../sides.js';

/** What begins a new file. */
export interface BeginDocument {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly method: string;
  readonly isInPlace: boolean;
  readonly basis: { readonly name: BasisName; readonly identity: string } | undefined;
  readonly mode: number | undefined;
  readonly mtime: FileTime | undefined;
}

/** `undefined` fields vanish in JSON. */
export const encodeFacts = (facts: FileFacts | LeftFacts): Json => ({
  size: facts.sizeBytes,
  identity: facts.identity,
  mode: facts.mode,
  mtime: facts.mtime && encodeTime(facts.mtime),
  ...('dataBytes' in facts && { data_bytes: facts.dataBytes }),
});

export function decodeFacts(value: unknown): FileFacts {
  const json = asObject(value);
  return {
    sizeBytes: asSize(json['size']),
    identity: asText(json['identity']),
    mode: optional(json['mode'], asMode),
    mtime: optional(json['mtime'], asTime),
  };
}

export function decodeLeftFacts(value: unknown): LeftFacts {
  return { ...decodeFacts(value), dataBytes: asSize(asObject(value)['data_bytes']) };
}

export const encodeBegin = (begin: BeginDocument): Json => ({
  size: begin.sizeBytes,
  block_size: begin.blockBytes,
  method: begin.method,
  in_place: begin.isInPlace,
  basis: begin.basis,
  mode: begin.mode,
  mtime: begin.mtime && encodeTime(begin.mtime),
});

export function decodeBegin(value: unknown): BeginDocument {
  const json = asObject(value);
  return {
    sizeBytes: asSize(json['size']),
    blockBytes: asSize(json['block_size']),
    method: asText(json['method']),
    isInPlace: json['in_place'] === true,
    basis: optional(json['basis'], (basis) => {
      const { name, identity } = asObject(basis);
      if (name !== 'old' && name !== 'left') throw malformed();
      return { name, identity: asText(identity) };
    }),
    mode: optional(json['mode'], asMode),
    mtime: optional(json['mtime'], asTime),
  };
}

/** Permissions only: who may run a program as somebody else is not for the other side to say. */
function asMode(value: unknown): number {
  const mode = asSize(value);
  if (mode <= 0o7777) return mode & 0o777;
  throw malformed();
}

const encodeTime = ({ seconds, nanoseconds }: FileTime): readonly number[] => [
  seconds,
  nanoseconds,
];

function asTime(value: unknown): FileTime {
  const [seconds, nanoseconds] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!Number.isSafeInteger(seconds)) throw malformed();
  const rest = asSize(nanoseconds);
  if (rest > 999_999_999) throw malformed();
  return { seconds: seconds as number, nanoseconds: rest };
}
