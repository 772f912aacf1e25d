/** The routes of copies on a server within the test, whose threads and memory the test looks at. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { onTestFinished } from 'vitest';
import { bytesFromText } from '../../src/platform/bytes.js';
import { openListCache } from '../../src/remote/copy/hashing/list-cache.js';
import { DraftMemory } from '../../src/remote/copy/routes/drafts.js';
import { createCopyRoutes, type CopyRoutes } from '../../src/remote/copy/routes/routes.js';
import type { Workers } from '../../src/remote/copy/worker/pool.js';
import { createApplication } from '../../src/remote/transport/server/application.js';
import type { MemoryBudget } from '../../src/remote/transport/server/memory-budget.js';
import { openPlatform, type Platform } from '../../src/store.js';
import { scratchDirectory } from './directory.js';
import { startWorkers } from './in-thread-workers.js';
import { listen } from './tampering.js';

export interface RoutesWithin {
  readonly url: string;
  /** The directory that is served. */
  readonly root: string;
  readonly routes: CopyRoutes;
  /** The types of jobs that threads were given. */
  readonly jobs: string[];
  /** What requests asked of the memory. */
  readonly memory: number[];
  /** From now on requests wait for memory, or jobs for their end, until the returned function is called. */
  readonly hold: (what: 'memory' | 'jobs') => () => void;
  /** The connections of clients, in order. */
  readonly sockets: readonly Socket[];
}

export async function serveRoutes({
  platform = openPlatform(),
  root = scratchDirectory(),
  mostDraftBytes = 2 ** 30,
}: {
  readonly platform?: Platform;
  readonly root?: string;
  readonly mostDraftBytes?: number;
} = {}): Promise<RoutesWithin> {
  const jobs: string[] = [];
  const memory: number[] = [];
  const gates: Record<'memory' | 'jobs', Promise<void> | undefined> = {
    memory: undefined,
    jobs: undefined,
  };
  const real = startWorkers(1);
  const workers: Workers = {
    ...real,
    run: async (job) => {
      jobs.push(job.type);
      await gates.jobs;
      return real.run(job);
    },
  };
  const budget: Pick<MemoryBudget, 'use'> = {
    use: async (bytes, work) => {
      memory.push(bytes);
      await gates.memory;
      return work();
    },
  };
  const routes = createCopyRoutes({
    platform,
    workers,
    lists: openListCache(platform, undefined),
    memory: budget as MemoryBudget,
    draftMemory: new DraftMemory(mostDraftBytes),
    root: bytesFromText(root),
    allowsWriting: true,
    isPdiffcopy: true,
  });
  const application = createApplication({ platform, token: undefined, hosts: [] }, [routes]);
  const answer = getRequestListener(application.fetch, { overrideGlobalObjects: false });
  const server = http.createServer((incoming, outgoing) => void answer(incoming, outgoing));
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const url = await listen(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await routes.close();
  });
  return {
    url,
    root,
    routes,
    jobs,
    memory,
    sockets,
    hold(what) {
      let open = (): void => undefined;
      gates[what] = new Promise((resolve) => (open = resolve));
      return () => {
        gates[what] = undefined;
        open();
      };
    },
  };
}
