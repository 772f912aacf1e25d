/** The requests of `varve copy` that read. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { CodedError } from '../../errors.js';
import { BATCH_BYTES, groupsOf, placed, totalBytes } from '../copy/batches.js';
import { listFile, LocalTarget, type TargetTools } from '../copy/local-target.js';
import { identityOf, openExistingFile, type OpenFile } from '../file/place.js';
import { blockCount, entryBytes, hashOfEntries } from '../hashing/hash-list.js';
import { partBlocks, type Listing } from '../hashing/listing.js';
import type { HashMethod } from '../hashing/methods.js';
import { withMemory } from '../memory.js';
import { openLeftDraft } from '../target/draft.js';
import { compress } from '../wire/compression.js';
import type { Placed } from '../worker/messages.js';
import { decodeRanges, MOST_HEAD_BYTES } from '../wire/binary.js';
import { encodeFacts } from '../wire/documents.js';
import {
  ENCODING_HEADER,
  IDENTITY_HEADER,
  MOST_BODY_BYTES,
  MOST_LIST_BYTES,
} from '../wire/protocol.js';
import { BinaryAnswer } from './answers.js';
import { withBody } from './bodies.js';
import {
  type Application,
  blockBytesOf,
  closing,
  methodOf,
  placeOf,
  type RouteContext,
} from './requests.js';
import type { ServerSettings } from './settings.js';

export function addCopyRoutes(
  app: Application,
  settings: ServerSettings,
  tools: TargetTools,
): void {
  app.get('/info', async (context) => {
    const asked = context.req.query('list');
    const listed = asked === undefined ? undefined : await listedOf(context, asked);
    const { old, left, isEqual } = factsOf(context, settings, tools, listed);
    const varve = {
      ...(old && encodeFacts(old)),
      left: settings.allowsWriting ? left && encodeFacts(left) : undefined,
      equal: listed && isEqual,
    };
    if (old) return context.json({ size: old.sizeBytes, varve });
    const error = { code: 'PATH_NOT_FOUND', message: 'There is no such file.' };
    return context.json({ varve, error }, 404);
  });

  app.get('/v1/list', async (context) => {
    const request = { blockBytes: blockBytesOf(context), method: await methodOf(context) };
    const file = openAsked(context, settings, tools);
    try {
      const { sizeBytes } = file.stat;
      const shape = { ...request, sizeBytes, digestBytes: request.method.digestBytes };
      const bytes = blockCount(shape) * entryBytes(shape);
      if (bytes > MOST_LIST_BYTES) throw tooLong();
      const headers = { [IDENTITY_HEADER]: identityOf(file.stat) };
      const answer = new BinaryAnswer(context.env.outgoing, bytes, headers);
      await sendList(answer, file, listFile(tools, file, { ...request, onHashed: ignore }), tools);
    } finally {
      file.close();
    }
    return RESPONSE_ALREADY_SENT;
  });

  app.post('/v1/read', async (context) => {
    const ranges = await withBody(context.env.incoming, MOST_HEAD_BYTES, decodeRanges);
    const bytes = totalBytes(ranges);
    if (bytes > MOST_BODY_BYTES || ranges.some(({ length }) => length === 0)) throw tooLong();
    const place = placeOf(context, settings);
    const file = closing(place, () => openExistingFile(tools.files, place));
    try {
      if (identityOf(file.stat) !== context.req.query('identity')) throw changed();
      if (ranges.some(({ offset, length }) => offset + length > file.stat.sizeBytes))
        throw tooLong();
      const isCompressed = context.req.query('compress') === 'zstd';
      if (isCompressed) await sendCompressed(context.env.outgoing, file, ranges, tools);
      else await sendRanges(context.env.outgoing, file, ranges, tools);
    } finally {
      file.close();
    }
    return RESPONSE_ALREADY_SENT;
  });
}

const ignore = (): void => undefined;

/** A list that the client has of its own file. */
interface Listed {
  /** Hexadecimal digits. */
  readonly hash: string;
  readonly blockBytes: number;
  readonly method: HashMethod;
}

const listedOf = async (context: RouteContext, hash: string): Promise<Listed> => ({
  hash,
  blockBytes: blockBytesOf(context),
  method: await methodOf(context),
});

/** What is known of a file; nothing where its directory is still to be made. */
function factsOf(
  context: RouteContext,
  settings: ServerSettings,
  tools: TargetTools,
  listed: Listed | undefined,
): Pick<LocalTarget, 'old' | 'left'> & { readonly isEqual: boolean } {
  try {
    const place = placeOf(context, settings);
    return closing(place, () => {
      const target = new LocalTarget(tools, place);
      target.close();
      const { old, left } = target;
      return {
        old,
        left,
        isEqual: old !== undefined && hasList(target.open('old'), listed, tools),
      };
    });
  } catch (error) {
    const isMissing = error instanceof CodedError && error.code === 'PATH_NOT_FOUND';
    if (!isMissing) throw error;
    return { old: undefined, left: undefined, isEqual: false };
  }
}

/** Whether a file is known, without reading it, to have this list. */
function hasList({ stat }: OpenFile, listed: Listed | undefined, { lists }: TargetTools): boolean {
  const list = listed && lists.find(stat, listed.blockBytes, listed.method);
  return list !== undefined && hashOfEntries(list.entries).toString('hex') === listed?.hash;
}

/** The file, or what an interrupted copy to it left. */
function openAsked(
  context: RouteContext,
  settings: ServerSettings,
  { files }: TargetTools,
): OpenFile {
  const place = placeOf(context, settings);
  return closing(place, () => {
    if (context.req.query('of') !== 'left') return openExistingFile(files, place);
    const left = settings.allowsWriting ? openLeftDraft(files, place) : undefined;
    return left ?? openExistingFile(files, place);
  });
}

/** Sends a list as it is made. If the file changes meanwhile, the end is never sent. */
async function sendList(
  answer: BinaryAnswer,
  { descriptor, stat }: OpenFile,
  listing: Listing,
  { files }: TargetTools,
): Promise<void> {
  const { list } = listing;
  const count = blockCount(list);
  const size = entryBytes(list);
  const step = partBlocks(list.blockBytes);
  try {
    for (let first = 0; first < count && !answer.isGone; first += step) {
      const next = Math.min(count, first + step);
      await listing.ready(next);
      const isLast = next === count;
      if (isLast && identityOf(files.at.statOpen(descriptor)) !== identityOf(stat)) throw changed();
      await answer.write(Buffer.from(list.entries.buffer, first * size, (next - first) * size));
    }
    await answer.end();
  } catch {
    // The status is sent: all that is left to say is that the body is not whole.
    answer.breakOff();
  } finally {
    listing.stop();
    await listing.settled;
  }
}

async function sendRanges(
  outgoing: ServerResponse,
  { descriptor }: OpenFile,
  ranges: readonly Placed[],
  { workers }: TargetTools,
): Promise<void> {
  const answer = new BinaryAnswer(outgoing, totalBytes(ranges), {});
  try {
    for (const group of groupsOf(ranges, BATCH_BYTES)) {
      if (answer.isGone) return;
      await withMemory(totalBytes(group), async (into) => {
        const job = { type: 'read', descriptor, ranges: placed(group), into } as const;
        await workers.run({ ...job, method: undefined });
        await answer.write(Buffer.from(into, 0, totalBytes(group)));
      });
    }
    await answer.end();
  } catch {
    answer.breakOff();
  }
}

/** The same as one frame of zstd, where that is shorter. */
async function sendCompressed(
  outgoing: ServerResponse,
  { descriptor }: OpenFile,
  ranges: readonly Placed[],
  { workers }: TargetTools,
): Promise<void> {
  const bytes = totalBytes(ranges);
  await withMemory(bytes, async (into) => {
    await workers.run({ type: 'read', descriptor, ranges, into, method: undefined });
    const raw = Buffer.from(into, 0, bytes);
    const stored = compress([raw]);
    const headers = stored ? { [ENCODING_HEADER]: 'zstd' } : {};
    const answer = new BinaryAnswer(outgoing, stored?.length ?? bytes, headers);
    await answer.write(stored ?? raw);
    await answer.end();
  });
}

function changed(): CodedError {
  return new CodedError('COPY_SOURCE_CHANGED', 'The file changed meanwhile.', {
    hint: 'Copy it again when it is at rest.',
  });
}

function tooLong(): CodedError {
  return new CodedError('REMOTE_REQUEST', 'The request asks for more than one answer may hold.', {
    hint: 'Give a larger block size, or ask for less at a time, within the file.',
  });
}
