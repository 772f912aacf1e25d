/** `varve.json`: what a repository is, written once when it is made. */
import { areChunkParams } from '../../delta/chunk-params.js';
import { CodedError } from '../../errors.js';
import type { Platform } from '../../platform/platform.js';
import { replaceFile } from '../../platform/replace-file.js';
import { escapeUnsafe } from '../../platform/shown-text.js';
import type { ChunkingParameters } from '../model.js';
import { MAX_SECTION_BYTES } from '../packs/frame.js';
import { layoutOf } from './layout.js';

export const FORMAT_VERSION = 2;

export interface RepositoryConfig {
  readonly formatVersion: number;
  readonly id: Buffer;
  readonly createdMs: number;
  readonly chunking: ChunkingParameters;
}

/** Whether `path` holds a repository. */
export function isRepository(path: string, { files }: Platform): boolean {
  return files.stat(layoutOf(path).config) !== undefined;
}

/** @throws CodedError REPOSITORY_NOT_FOUND, NOT_A_REPOSITORY, FORMAT_UNKNOWN */
export function readConfig(path: string, { files }: Platform): RepositoryConfig {
  const found = files.stat(path);
  const file = layoutOf(path).config;
  if (!found) {
    throw new CodedError('REPOSITORY_NOT_FOUND', `There is no repository at ${path}.`, {
      hint: `Check the path, or create one with \`varve --repo ${escapeUnsafe(path)} init\`.`,
    });
  }
  if (found.type !== 'directory' || !files.stat(file)) {
    throw new CodedError(
      'NOT_A_REPOSITORY',
      `${path} is not a Varve repository: it has no varve.json.`,
      {
        hint: `Check the path, or create a repository in an empty directory with \`varve init\`.`,
      },
    );
  }
  return parseConfig(file, files.readFile(file));
}

interface ConfigDocument {
  readonly format: number;
  readonly id: string;
  readonly created: string;
  readonly hash: string;
  readonly chunking: {
    readonly algorithm: string;
    readonly whole_file_bytes: number;
    readonly segment_bytes: number;
    readonly least_bytes: number;
    readonly average_bytes: number;
    readonly most_bytes: number;
  };
}

const HASH_NAME = 'blake3-256';
const CHUNKING_NAME = 'gear-normalised-1';

/** Durable, under its name, when this returns. */
export function writeConfig(path: string, config: RepositoryConfig, { files }: Platform): void {
  const { chunking } = config;
  const document: ConfigDocument = {
    format: config.formatVersion,
    id: config.id.toString('hex'),
    created: new Date(config.createdMs).toISOString(),
    hash: HASH_NAME,
    chunking: {
      algorithm: CHUNKING_NAME,
      whole_file_bytes: chunking.wholeFileBytes,
      segment_bytes: chunking.segmentBytes,
      least_bytes: chunking.leastBytes,
      average_bytes: chunking.averageBytes,
      most_bytes: chunking.mostBytes,
    },
  };
  const file = layoutOf(path).config;
  const text = Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
  replaceFile(files, file, [text], { temporary: `${file}.new`, rule: 'durable' });
}

function parseConfig(file: string, bytes: Buffer): RepositoryConfig {
  const corrupt = (what: string): CodedError =>
    new CodedError('NOT_A_REPOSITORY', `${file} is damaged: ${what}.`, {
      hint: 'Restore this small file from a copy of the repository; docs/format.md describes it.',
    });
  let document: Partial<ConfigDocument>;
  try {
    document = JSON.parse(bytes.toString()) as Partial<ConfigDocument>;
  } catch {
    throw corrupt('it is not JSON');
  }
  const { format, id, created, hash, chunking } = document;
  if (typeof format !== 'number') throw corrupt('it has no format version');
  if (format !== FORMAT_VERSION || hash !== HASH_NAME || chunking?.algorithm !== CHUNKING_NAME) {
    throw new CodedError(
      'FORMAT_UNKNOWN',
      `${file} describes format ${format} (${hash ?? '?'}, ${chunking?.algorithm ?? '?'}); ` +
        `this version of Varve knows format ${FORMAT_VERSION} (${HASH_NAME}, ${CHUNKING_NAME}).`,
      { hint: 'Use the version of Varve that created the repository.' },
    );
  }
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) throw corrupt('it has no id');
  const parameters: ChunkingParameters = {
    wholeFileBytes: chunking.whole_file_bytes,
    segmentBytes: chunking.segment_bytes,
    leastBytes: chunking.least_bytes,
    averageBytes: chunking.average_bytes,
    mostBytes: chunking.most_bytes,
  };
  if (!isUsable(parameters)) throw corrupt('its chunking parameters are invalid');
  return {
    formatVersion: format,
    id: Buffer.from(id, 'hex'),
    createdMs: Date.parse(created ?? ''),
    chunking: parameters,
  };
}

function isUsable(parameters: ChunkingParameters): boolean {
  const { wholeFileBytes, segmentBytes, leastBytes, averageBytes, mostBytes } = parameters;
  const areCounts = [wholeFileBytes, segmentBytes].every(
    (value) => Number.isSafeInteger(value) && value > 0,
  );
  const cuts = { min: leastBytes, average: averageBytes, max: mostBytes };
  return areCounts && wholeFileBytes <= MAX_SECTION_BYTES && areChunkParams(cuts);
}
