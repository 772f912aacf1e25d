/** The requests of `varve copy` that write: a new file is begun, gets its pieces, and is published. */
import type { Socket } from 'node:net';
import { CodedError } from '../../../errors.js';
import { totalBytes } from '../batches.js';
import { LocalTarget, listFile, type TargetTools } from '../local-target.js';
import type { OpenFile } from '../file/place.js';
import {
  blockCount,
  MIN_BLOCK_BYTES,
  MAX_BLOCK_BYTES,
  type HashList,
} from '../hashing/hash-list.js';
import { loadHashMethod } from '../hashing/methods.js';
import type { ListRequest, Receiver } from '../sides.js';
import { withMemory } from '../../transport/memory.js';
import { decompressBody } from '../wire/compression.js';
import { decodePieces } from '../wire/binary.js';
import { asObject, asText } from '../../transport/json.js';
import { decodeBegin, type BeginDocument } from '../wire/documents.js';
import { MAX_BODY_BYTES } from '../../transport/protocol.js';
import { ENCODING_HEADER, MAX_PUT_BYTES } from '../wire/protocol.js';
import { announcedBytes, withBody } from '../../transport/server/bodies.js';
import { isGone, type Drafts, type MemoryShare } from './drafts.js';
import { type Application, documentOf } from '../../transport/server/requests.js';
import { placeOf, rangesOf, requireWriting, tooLong } from './requests.js';
import { sendPages } from './send-pages.js';
import { listBytes } from '../wire/lists.js';
import type { CopySettings } from './settings.js';

export function addDraftRoutes(
  app: Application,
  settings: CopySettings,
  tools: TargetTools,
  drafts: Drafts,
): void {
  addBeginRoute(app, settings, tools, drafts);

  app.post('/v1/drafts/:id/pieces', (context) =>
    drafts.use(context.req.param('id'), context.env.incoming.socket, async (receiver) => {
      const { incoming } = context.env;
      const isCompressed = context.req.header(ENCODING_HEADER) === 'zstd';
      const bytes = announcedBytes(incoming, MAX_BODY_BYTES);
      await settings.memory.use(isCompressed ? bytes + MAX_BODY_BYTES : bytes, () =>
        withBody(incoming, MAX_BODY_BYTES, (body) => putBody(receiver, body, isCompressed)),
      );
      return context.json({});
    }),
  );

  app.post('/v1/drafts/:id/pages', (context) =>
    drafts.use(context.req.param('id'), context.env.incoming.socket, async (receiver) => {
      const ranges = await rangesOf(context);
      const { hashPages } = receiver;
      if (!hashPages) throw new Error('a draft of this server has pages');
      return sendPages(context, ranges, settings, hashPages);
    }),
  );

  app.post('/v1/drafts/:id/publish', async (context) => {
    const root = asText(asObject(await documentOf(context))['root']);
    const id = context.req.param('id');
    const { socket } = context.env.incoming;
    const written = await drafts.use(id, socket, (receiver) => receiver.publish(root));
    await drafts.remove(id);
    return context.json({ bytes_written: written });
  });

  app.delete('/v1/drafts/:id', async (context) => {
    await drafts.remove(context.req.param('id'));
    return context.json({});
  });
}

function addBeginRoute(
  app: Application,
  settings: CopySettings,
  tools: TargetTools,
  drafts: Drafts,
): void {
  app.post('/v1/drafts', async (context) => {
    requireWriting(settings);
    const begin = decodeBegin(await documentOf(context));
    await drafts.removeAbandoned();
    const place = placeOf(context, settings, { makesDirectories: true });
    const memory = settings.draftMemory.share();
    const { socket } = context.env.incoming;
    let target: LocalTarget | undefined;
    let receiver: Receiver | undefined;
    const release = (): void => {
      target?.close();
      place.close();
      memory.release();
    };
    try {
      target = new LocalTarget(tools, place);
      receiver = await beginDraft(target, begin, { tools, socket, memory });
      return context.json({ id: drafts.add(receiver, release, socket) }, 201);
    } catch (error) {
      await receiver?.close();
      release();
      throw error;
    }
  });
}

/** @throws CodedError REMOTE_REQUEST when the data is shorter or longer than the pieces say */
async function putBody(
  receiver: Receiver,
  body: Buffer<SharedArrayBuffer>,
  isCompressed: boolean,
): Promise<void> {
  const { pieces, headBytes, dataBytes } = decodePieces(body);
  if (totalBytes(pieces) > MAX_PUT_BYTES) throw tooLong();
  if (isCompressed) {
    return withMemory(dataBytes, (memory) => {
      decompressBody(body.subarray(headBytes), Buffer.from(memory, 0, dataBytes));
      return receiver.put(pieces, memory);
    });
  }
  if (headBytes + dataBytes !== body.length) {
    throw new CodedError('REMOTE_REQUEST', 'The data and its pieces differ in length.');
  }
  const moved = pieces.map((piece) =>
    piece.type === 'data' ? { ...piece, at: piece.at + headBytes } : piece,
  );
  return receiver.put(moved, body.buffer);
}

/** What a new file is begun with, and who asked for it. */
interface Beginning {
  readonly tools: TargetTools;
  readonly socket: Socket;
  readonly memory: MemoryShare;
}

async function beginDraft(
  target: LocalTarget,
  begin: BeginDocument,
  { tools, socket, memory }: Beginning,
): Promise<Receiver> {
  const { sizeBytes, blockBytes, basis, isInPlace, mode, mtime } = begin;
  const method = await loadHashMethod(begin.method);
  if (blockBytes < MIN_BLOCK_BYTES || blockBytes > MAX_BLOCK_BYTES) {
    throw new CodedError(
      'REMOTE_REQUEST',
      `A block must have ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES} bytes.`,
    );
  }
  // Its proof is as long as its list would be.
  listBytes({ ...method, blockBytes, sizeBytes });
  if (basis && target[basis.name]?.identity !== basis.identity) {
    throw new CodedError('COPY_TARGET_CHANGED', 'The file changed while it was being compared.', {
      hint: 'Something else writes to it; copy it again once that has finished.',
    });
  }
  const file = basis && target.open(basis.name);
  if (file) memory.hold(listBytes({ ...method, blockBytes, sizeBytes: file.stat.sizeBytes }));
  const list =
    file && (await listOf(file, { blockBytes, method, onHashed: ignore }, tools, socket));
  if (isGone(socket)) throw clientGone();
  return target.begin({
    sizeBytes,
    blockBytes,
    method,
    isInPlace,
    basis: basis && list && { name: basis.name, list },
    attributes: { mode, mtime },
    hold: (bytes) => memory.hold(bytes),
  });
}

/** The list that the client was sent, or the same once more, unless the client goes. */
async function listOf(
  file: OpenFile,
  request: ListRequest,
  tools: TargetTools,
  socket: Socket,
): Promise<HashList> {
  const recent = tools.lists.findRecent(file.stat, request.blockBytes, request.method);
  if (recent) return recent;
  const listing = listFile(tools, file, request);
  socket.once('close', listing.stop);
  try {
    await listing.ready(blockCount(listing.list));
    return listing.list;
  } catch (error) {
    throw isGone(socket) ? clientGone() : error;
  } finally {
    socket.off('close', listing.stop);
    await listing.settled;
  }
}

const ignore = (): void => undefined;

const clientGone = (): CodedError => new CodedError('INTERRUPTED', 'The client has gone.');
