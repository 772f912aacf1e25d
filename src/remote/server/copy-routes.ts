/** The requests of `varve copy` that read. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { CodedError } from '../../errors.js';
import { BATCH_BYTES, groupsOf, placed, totalBytes } from '../copy/batches.js';
import { listFile, LocalTarget, type TargetTools } from '../copy/local-target.js';
import { identityOf, openExistingFile, type OpenFile, type Place } from '../file/place.js';
import { blockCount, entryBytes } from '../hashing/hash-list.js';
import { partBlocks, type Listing } from '../hashing/listing.js';
import { openLeftDraft } from '../target/draft.js';
import { decodeRanges, MOST_HEAD_BYTES } from '../wire/binary.js';
import { encodeFacts } from '../wire/documents.js';
import { IDENTITY_HEADER, MOST_BODY_BYTES, MOST_LIST_BYTES } from '../wire/protocol.js';
import { BinaryAnswer } from './answers.js';
import type { Application } from './application.js';
import { readBody } from './bodies.js';
import { blockBytesOf, methodOf, placeOf, type RouteContext } from './requests.js';
import type { ServerSettings } from './settings.js';

export function addCopyRoutes(
  app: Application,
  settings: ServerSettings,
  tools: TargetTools,
): void {
  app.get('/info', (context) => {
    const place = placeOf(context, settings);
    const { old, left } = closing(place, () => {
      const target = new LocalTarget(tools, place);
      target.close();
      return target;
    });
    const varve = {
      ...(old && encodeFacts(old)),
      left: settings.allowsWriting ? left && encodeFacts(left) : undefined,
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
    const ranges = decodeRanges(await readBody(context.env.incoming, MOST_HEAD_BYTES));
    const bytes = totalBytes(ranges);
    if (bytes > MOST_BODY_BYTES || ranges.some(({ length }) => length === 0)) throw tooLong();
    const place = placeOf(context, settings);
    const file = closing(place, () => openExistingFile(tools.files, place));
    try {
      if (identityOf(file.stat) !== context.req.query('identity')) throw changed();
      if (ranges.some(({ offset, length }) => offset + length > file.stat.sizeBytes))
        throw tooLong();
      const answer = new BinaryAnswer(context.env.outgoing, bytes, {});
      await sendRanges(answer, file, ranges, tools);
    } finally {
      file.close();
    }
    return RESPONSE_ALREADY_SENT;
  });
}

const ignore = (): void => undefined;

function closing<T>(place: Place, work: () => T): T {
  try {
    return work();
  } finally {
    place.close();
  }
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
  answer: BinaryAnswer,
  { descriptor }: OpenFile,
  ranges: Parameters<typeof placed>[0],
  { workers }: TargetTools,
): Promise<void> {
  const groups = groupsOf(ranges, BATCH_BYTES).map((group) => placed(group));
  const into = new SharedArrayBuffer(Math.max(...groups.map(totalBytes)));
  try {
    for (const group of groups) {
      if (answer.isGone) return;
      await workers.run({ type: 'read', descriptor, ranges: group, into, method: undefined });
      await answer.write(Buffer.from(into, 0, totalBytes(group)));
    }
    await answer.end();
  } catch {
    answer.breakOff();
  }
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
