/** Sends the hashes of pages: few bytes ask for many hashes, which wait for a client that is slow. */
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { BinaryAnswer } from '../../transport/server/answers.js';
import type { RouteContext } from '../../transport/server/requests.js';
import type { HashPages } from '../sides.js';
import type { FileRange } from '../worker/messages.js';
import { pageBytesOf } from './requests.js';
import type { CopySettings } from './settings.js';

/** No hash of Node's is longer. */
const MAX_DIGEST_BYTES = 64;

export async function sendPages(
  context: RouteContext,
  ranges: readonly FileRange[],
  { memory }: Pick<CopySettings, 'memory'>,
  hashPages: HashPages,
): Promise<Response> {
  const pageBytes = pageBytesOf(context);
  const pages = ranges.reduce((sum, { length }) => sum + Math.ceil(length / pageBytes), 0);
  const { outgoing } = context.env;
  await memory.use(pages * MAX_DIGEST_BYTES, async () => {
    if (outgoing.destroyed) return;
    const digests = await hashPages(ranges, pageBytes);
    const answer = new BinaryAnswer(outgoing, digests.length, {});
    await answer.write(digests);
    await answer.end();
  });
  return RESPONSE_ALREADY_SENT;
}
