/** Finds the function that does a job, and what the job needs. */
import type { FileSystem } from '../../../platform/files.js';
import { loadHashMethod, type HashMethod } from '../hashing/methods.js';
import { clearRanges, copyRanges, digestRanges, readRanges, writeRanges } from './bytes-jobs.js';
import { compareBlocks, hashBlocks } from './block-jobs.js';
import type { Job, Results, SearchJob } from './messages.js';
import { BlockSearch } from './search.js';

type JobRunner = (job: Job) => Promise<Results[Job['type']]>;

/** Jobs over `files`. A search is set up once for all jobs that share a list. */
export function createJobRunner(files: FileSystem): JobRunner {
  const methods = new Map<string, HashMethod>();
  let search: { readonly number: number; readonly with: BlockSearch } | undefined;

  const methodOf = async (name: string): Promise<HashMethod> => {
    const method = methods.get(name) ?? (await loadHashMethod(name));
    methods.set(name, method);
    return method;
  };
  const searchFor = (job: SearchJob, method: HashMethod): BlockSearch => {
    if (search?.number !== job.search) {
      search = {
        number: job.search,
        with: new BlockSearch(files, job.list, job.wanted, method),
      };
    }
    return search.with;
  };

  return async (job) => {
    switch (job.type) {
      case 'hash':
        hashBlocks(files, job, await methodOf(job.list.method));
        return undefined;
      case 'compare':
        return compareBlocks(files, job, await methodOf(job.list.method));
      case 'search':
        return searchFor(job, await methodOf(job.list.method)).run(job);
      case 'read':
        return readRanges(
          files,
          job,
          job.method === undefined ? undefined : await methodOf(job.method),
        );
      case 'digest':
        return digestRanges(files, job, await methodOf(job.method));
      case 'write':
        return writeRanges(files, job, await methodOf(job.method));
      case 'zeros':
        return clearRanges(files, job, await methodOf(job.method));
      case 'copy':
        return copyRanges(files, job, await methodOf(job.method));
    }
  };
}
