/** The requests of `varve copy` that read a file. */
import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { CodedError } from '../../../errors.js';
import { BATCH_BYTES, groupsOf, placed, totalBytes } from '../batches.js';
import { listFile, type TargetTools } from '../local-target.js';
import { identityOf, openExistingFile, type OpenFile } from '../file/place.js';
import { blockCount, entryBytes } from '../hashing/hash-list.js';
import { readFileOf, type Listing } from '../hashing/listing.js';
import { withMemory } from '../../transport/memory.js';
import { openLeftDraft } from '../draft/draft.js';
import { compressBody } from '../wire/compression.js';
import type { PlacedRange, FileRange } from '../worker/messages.js';
import { ENCODING_HEADER, IDENTITY_HEADER } from '../wire/protocol.js';
import { BinaryAnswer } from '../../transport/server/answers.js';
import type { Application, RouteContext } from '../../transport/server/requests.js';
import { blockBytesOf, closing, methodOf, placeOf, rangesOf, tooLong } from './requests.js';
import { listBytes } from '../wire/lists.js';
import { sendListing } from './send-listing.js';
import { sendPages } from './send-pages.js';
import type { CopySettings } from './settings.js';

export function addCopyRoutes(app: Application, settings: CopySettings, tools: TargetTools): void {
  app.get('/v1/list', async (context) => {
    const request = { blockBytes: blockBytesOf(context), method: await methodOf(context) };
    const file = openAsked(context, settings, tools);
    try {
      const { sizeBytes } = file.stat;
      const shape = { ...request, sizeBytes, digestBytes: request.method.digestBytes };
      const bytes = listBytes(shape);
      await settings.memory.use(bytes, async () => {
        if (context.env.outgoing.destroyed) return;
        const headers = { [IDENTITY_HEADER]: identityOf(file.stat) };
        const answer = new BinaryAnswer(context.env.outgoing, bytes, headers);
        const listing = listFile(tools, file, { ...request, onHashed: ignore });
        await sendList(answer, file, listing, tools);
      });
    } finally {
      file.close();
    }
    return RESPONSE_ALREADY_SENT;
  });

  app.post('/v1/read', async (context) => {
    const ranges = await rangesOf(context);
    const file = openIdentified(context, ranges, settings, tools);
    try {
      const isCompressed = context.req.query('compress') === 'zstd';
      const send = isCompressed ? sendCompressed : sendRanges;
      const { outgoing } = context.env;
      await settings.memory.use(totalBytes(ranges) * (isCompressed ? 2 : 1), async () => {
        if (!outgoing.destroyed) await send(outgoing, file, ranges, tools);
      });
    } finally {
      file.close();
    }
    return RESPONSE_ALREADY_SENT;
  });

  app.post('/v1/pages', async (context) => {
    const ranges = await rangesOf(context);
    const method = await methodOf(context);
    const file = openIdentified(context, ranges, settings, tools);
    try {
      const job = { type: 'digest', file: readFileOf(file), method: method.name } as const;
      return await sendPages(context, ranges, settings, (asked, partBytes) =>
        tools.workers.run({ ...job, ranges: asked, partBytes }),
      );
    } finally {
      file.close();
    }
  });
}

/** A file that still is what the client knows, and has the ranges. */
function openIdentified(
  context: RouteContext,
  ranges: readonly FileRange[],
  settings: CopySettings,
  { files }: TargetTools,
): OpenFile {
  const place = placeOf(context, settings);
  const file = closing(place, () => openExistingFile(files, place));
  try {
    if (identityOf(file.stat) !== context.req.query('identity')) throw changed();
    if (ranges.some(({ offset, length }) => offset + length > file.stat.sizeBytes)) throw tooLong();
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

const ignore = (): void => undefined;

/** The file, or what an interrupted copy to it left. */
function openAsked(
  context: RouteContext,
  settings: CopySettings,
  { files }: TargetTools,
): OpenFile {
  const place = placeOf(context, settings);
  return closing(place, () => {
    if (context.req.query('of') !== 'left') return openExistingFile(files, place);
    const left = settings.allowsWriting ? openLeftDraft(files, place) : undefined;
    return left ?? openExistingFile(files, place);
  });
}

/** Sends a list while it is being made. If the file changes in the meantime, the end is never sent. */
function sendList(
  answer: BinaryAnswer,
  { descriptor, stat }: OpenFile,
  listing: Listing,
  { files }: TargetTools,
): Promise<void> {
  const { list } = listing;
  const size = entryBytes(list);
  return sendListing(answer, listing, (first, next) => {
    const isLast = next === blockCount(list);
    if (isLast && identityOf(files.at.statOpen(descriptor)) !== identityOf(stat)) throw changed();
    return Buffer.from(list.entries.buffer, first * size, (next - first) * size);
  });
}

async function sendRanges(
  outgoing: ServerResponse,
  { descriptor }: OpenFile,
  ranges: readonly PlacedRange[],
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

/** Sends ranges as one frame of zstd, where that is shorter. */
async function sendCompressed(
  outgoing: ServerResponse,
  { descriptor }: OpenFile,
  ranges: readonly PlacedRange[],
  { workers }: TargetTools,
): Promise<void> {
  const bytes = totalBytes(ranges);
  await withMemory(bytes, async (into) => {
    await workers.run({ type: 'read', descriptor, ranges, into, method: undefined });
    const raw = Buffer.from(into, 0, bytes);
    const stored = compressBody([raw]);
    const headers = stored ? { [ENCODING_HEADER]: 'zstd' } : {};
    const answer = new BinaryAnswer(outgoing, stored?.length ?? bytes, headers);
    await answer.write(stored ?? raw);
    await answer.end();
  });
}

function changed(): CodedError {
  return new CodedError('COPY_SOURCE_CHANGED', 'The file changed in the meantime.', {
    hint: 'Copy it again once nothing writes to it.',
  });
}
