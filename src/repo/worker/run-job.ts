/** One job, one answer. */
import type { WorkerContext } from './context.js';
import type { Job, JobResults } from './jobs.js';
import { countTree } from './count-tree.js';
import { readFiles } from './read-files.js';
import { readWindow, survey } from './read-window.js';
import { restore } from './restore.js';
import { retire } from './retire.js';
import { rewrite } from './rewrite.js';
import { storeTicket } from './store.js';
import { takePieces } from './take-pieces.js';
import { verify } from './verify.js';
import { laneWriter } from './context.js';

export function runJob(context: WorkerContext, job: Job): JobResults[Job['type']] {
  switch (job.type) {
    case 'begin':
      context.begin(job);
      return null;
    case 'read-files':
      return readFiles(context, job);
    case 'survey':
      return survey(context, job);
    case 'read-window':
      return readWindow(context, job);
    case 'take-pieces':
      return takePieces(context, job);
    case 'store':
      return storeTicket(context, job);
    case 'retire':
      return retire(context, job);
    case 'sync':
      return { packs: context.run ? laneWriter(context).writer.sync() : new Map() };
    case 'restore':
      return restore(context, job);
    case 'verify':
      return verify(context, job);
    case 'rewrite':
      return rewrite(context, job);
    case 'count-tree':
      return countTree(context.files, job);
  }
}
