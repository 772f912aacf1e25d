/** The requests of pdiffcopy's client, beside `GET /info`; it writes in place and proves nothing. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { TargetTools } from '../local-target.js';
import { openExistingFile, type OpenFile, type Place } from '../file/place.js';
import { startListing } from '../hashing/listing.js';
import { withMemory } from '../../transport/memory.js';
import { hashLines } from '../wire/pdiffcopy.js';
import { MAX_BODY_BYTES } from '../../transport/protocol.js';
import { BinaryAnswer, TextAnswer } from '../../transport/server/answers.js';
import { announcedBytes, withBody } from '../../transport/server/bodies.js';
import { type Application, numberOf, type RouteContext } from '../../transport/server/requests.js';
import { blockBytesOf, closing, methodOf, placeOf, requireWriting } from './requests.js';
import { listBytes } from '../wire/lists.js';
import { sendListing } from './send-listing.js';
import type { CopySettings } from './settings.js';

export function addPdiffcopyRoutes(
  app: Application,
  settings: CopySettings,
  tools: TargetTools,
): void {
  addReadingRoutes(app, settings, tools);
  addWritingRoutes(app, settings, tools);
}

function addReadingRoutes(app: Application, settings: CopySettings, tools: TargetTools): void {
  const { workers } = tools;

  app.get('/hashes', async (context) => {
    const blockBytes = blockBytesOf(context);
    const method = await methodOf(context);
    await withFile(context, settings, tools, (file) => {
      const shape = { ...method, blockBytes, sizeBytes: file.stat.sizeBytes };
      return settings.memory.use(listBytes(shape), async () => {
        const listing = startListing(workers, file, {
          blockBytes,
          method,
          onHashed: () => undefined,
        });
        await sendListing(new TextAnswer(context.env.outgoing), listing, (first, next) =>
          Buffer.from(hashLines(listing.list, first, next - first)),
        );
      });
    });
    return RESPONSE_ALREADY_SENT;
  });

  app.get('/blocks', async (context) => {
    const offset = numberOf(context, 'offset', 0);
    const asked = numberOf(context, 'size', 0, MAX_BODY_BYTES);
    await withFile(context, settings, tools, (file) => {
      // Its client asks for a whole block, and beyond the end where its own file is longer.
      const length = Math.max(0, Math.min(asked, file.stat.sizeBytes - offset));
      const send = async (into: SharedArrayBuffer): Promise<void> => {
        if (context.env.outgoing.destroyed) return;
        const ranges = [{ offset, length, at: 0 }];
        const { descriptor } = file;
        await workers.run({ type: 'read', descriptor, ranges, into, method: undefined });
        const answer = new BinaryAnswer(context.env.outgoing, length, {});
        await answer.write(Buffer.from(into, 0, length));
        await answer.end();
      };
      return settings.memory.use(length, () => withMemory(length, send));
    });
    return RESPONSE_ALREADY_SENT;
  });
}

function addWritingRoutes(app: Application, settings: CopySettings, tools: TargetTools): void {
  const { files } = tools;

  app.post('/blocks', async (context) => {
    requireWriting(settings);
    const offset = numberOf(context, 'offset', 0);
    const place = placeOf(context, settings);
    const descriptor = closing(place, () => openForWriting(tools, place));
    try {
      const { incoming } = context.env;
      await settings.memory.use(announcedBytes(incoming, MAX_BODY_BYTES), () =>
        withBody(incoming, MAX_BODY_BYTES, (body) => files.write(descriptor, body, offset)),
      );
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
