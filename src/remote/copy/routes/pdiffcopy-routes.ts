/**
 * The requests of pdiffcopy's client, beside `GET /info`; it writes in place and proves nothing. Its
 * blocks may have any length: what is longer than a batch passes through the memory of one.
 */
import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { TargetTools } from '../local-target.js';
import { openExistingFile, type OpenFile, type Place } from '../file/place.js';
import { BATCH_BYTES } from '../batches.js';
import { withMemory } from '../../transport/memory.js';
import { MAX_BODY_BYTES } from '../../transport/protocol.js';
import { BinaryAnswer } from '../../transport/server/answers.js';
import { announcedBytes, bodyParts, withBody } from '../../transport/server/bodies.js';
import { type Application, numberOf, type RouteContext } from '../../transport/server/requests.js';
import { closing, methodOf, placeOf, requireWriting } from './requests.js';
import { listBytes } from '../wire/lists.js';
import { sendHashLines } from './send-hash-lines.js';
import type { FileRange } from '../worker/messages.js';
import type { CopySettings } from './settings.js';

/** The longest blocks whose hashes are asked for: a hole of that length is hashed in a second. */
const MAX_BLOCK_BYTES = 1024 * 1024 * 1024;

export function addPdiffcopyRoutes(
  app: Application,
  settings: CopySettings,
  tools: TargetTools,
): void {
  addReadingRoutes(app, settings, tools);
  addWritingRoutes(app, settings, tools);
}

function addReadingRoutes(app: Application, settings: CopySettings, tools: TargetTools): void {
  app.get('/hashes', async (context) => {
    const blockBytes = numberOf(context, 'block_size', 1, MAX_BLOCK_BYTES);
    const method = await methodOf(context);
    const { outgoing } = context.env;
    await withFile(context, settings, tools, (file) => {
      listBytes({ ...method, blockBytes, sizeBytes: file.stat.sizeBytes });
      return sendHashLines(outgoing, file, { blockBytes, method }, { ...settings, ...tools });
    });
    return RESPONSE_ALREADY_SENT;
  });

  app.get('/blocks', async (context) => {
    const offset = numberOf(context, 'offset', 0);
    const asked = numberOf(context, 'size', 0);
    const { outgoing } = context.env;
    await withFile(context, settings, tools, (file) => {
      // Its client asks for a whole block, and beyond the end where its own file is longer.
      const length = Math.max(0, Math.min(asked, file.stat.sizeBytes - offset));
      return settings.memory.use(Math.min(length, BATCH_BYTES), async () => {
        if (outgoing.destroyed) return;
        const answer = new BinaryAnswer(outgoing, length, {});
        await sendBytes(answer, file, { offset, length }, tools);
      });
    });
    return RESPONSE_ALREADY_SENT;
  });
}

async function sendBytes(
  answer: BinaryAnswer,
  { descriptor }: OpenFile,
  { offset, length }: FileRange,
  { workers }: TargetTools,
): Promise<void> {
  try {
    await withMemory(Math.min(length, BATCH_BYTES), async (into) => {
      for (let done = 0; done < length && !answer.isGone; done += BATCH_BYTES) {
        const part = Math.min(BATCH_BYTES, length - done);
        const ranges = [{ offset: offset + done, length: part, at: 0 }];
        await workers.run({ type: 'read', descriptor, ranges, into, method: undefined });
        await answer.write(Buffer.from(into, 0, part));
      }
    });
    await answer.end();
  } catch {
    answer.breakOff();
  }
}

function addWritingRoutes(app: Application, settings: CopySettings, tools: TargetTools): void {
  const { files } = tools;

  app.post('/blocks', async (context) => {
    requireWriting(settings);
    const offset = numberOf(context, 'offset', 0);
    const place = placeOf(context, settings);
    const descriptor = closing(place, () => openForWriting(tools, place));
    const write = (bytes: Uint8Array, position: number): void =>
      files.write(descriptor, bytes, position);
    try {
      await receive(context.env.incoming, settings, offset, write);
    } finally {
      files.close(descriptor);
    }
    return context.body(null, 200);
  });

  app.post('/resize', (context) => {
    requireWriting(settings);
    const sizeBytes = numberOf(context, 'size', 0);
    const place = placeOf(context, settings, { makesDirectories: true });
    const descriptor = closing(place, () => openForWriting(tools, place, 'create'));
    try {
      files.truncate(descriptor, sizeBytes);
    } finally {
      files.close(descriptor);
    }
    return context.body(null, 200);
  });
}

/** A body is written when it is there whole, a longer one as it arrives. */
async function receive(
  incoming: IncomingMessage,
  { memory }: CopySettings,
  offset: number,
  write: (bytes: Uint8Array, position: number) => void,
): Promise<void> {
  const bytes = announcedBytes(incoming, Number.MAX_SAFE_INTEGER - offset);
  if (bytes <= MAX_BODY_BYTES) {
    return memory.use(bytes, () =>
      withBody(incoming, MAX_BODY_BYTES, (body) => write(body, offset)),
    );
  }
  await memory.use(BATCH_BYTES, async () => {
    let position = offset;
    for await (const part of bodyParts(incoming, BATCH_BYTES)) {
      write(part, position);
      position += part.length;
    }
  });
}

async function withFile(
  context: RouteContext,
  settings: CopySettings,
  { files }: TargetTools,
  work: (file: OpenFile) => Promise<void>,
): Promise<void> {
  const place = placeOf(context, settings);
  const file = closing(place, () => openExistingFile(files, place));
  try {
    await work(file);
  } finally {
    file.close();
  }
}

/** @throws CodedError NOT_A_FILE, PATH_NOT_FOUND */
function openForWriting({ files }: TargetTools, place: Place, missing?: 'create'): number {
  const { directory, name } = place;
  if (missing === 'create' && !files.at.stat(directory, name)) {
    return files.at.open(directory, name, 'create-public-file');
  }
  openExistingFile(files, place).close();
  return files.at.open(directory, name, 'write-file');
}
