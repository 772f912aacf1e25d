/** A target on this machine. */
import type { FileSystem } from '../../platform/files.js';
import { CodedError } from '../../errors.js';
import { identityOf, openFile, type OpenFile, type Place } from './file/place.js';
import { startListing, completeListing, type Listing } from './hashing/listing.js';
import { blockCount, type HashList } from './hashing/hash-list.js';
import { VARVE_DEFAULTS } from './hashing/methods.js';
import type { ListCache } from './hashing/list-cache.js';
import { Assembly } from './draft/assembly.js';
import { openDraft, openLeftDraft, type Draft } from './draft/draft.js';
import type { Placement } from './worker/messages.js';
import type { Workers } from './worker/pool.js';
import type {
  BasisName,
  BeginRequest,
  FileFacts,
  LeftFacts,
  ListRequest,
  Receiver,
  Target,
} from './sides.js';

/** What a target works with. */
export interface TargetTools {
  readonly files: FileSystem;
  readonly workers: Workers;
  readonly lists: ListCache;
  readonly nowMs: () => number;
}

/** Open until {@link close}; the place stays its caller's. */
export class LocalTarget implements Target {
  readonly old: FileFacts | undefined;
  readonly left: LeftFacts | undefined;
  readonly defaults = VARVE_DEFAULTS;
  private readonly tools: TargetTools;
  private readonly place: Place;
  private readonly oldFile: OpenFile | undefined;
  private readonly leftFile: OpenFile | undefined;
  /** The new file, if it was begun before its plan. */
  private early: { readonly draft: Draft; readonly placed: Placement['placed'] } | undefined;

  /** @throws CodedError NOT_A_FILE */
  constructor(tools: TargetTools, place: Place) {
    this.tools = tools;
    this.place = place;
    this.oldFile = openFile(tools.files, place);
    try {
      this.leftFile = openLeftDraft(tools.files, place);
    } catch (error) {
      this.oldFile?.close();
      throw error;
    }
    this.old = this.oldFile && factsOf(this.oldFile);
    this.left = this.leftFile && {
      ...factsOf(this.leftFile),
      dataBytes: Math.min(this.leftFile.stat.sizeBytes, this.leftFile.stat.allocatedBytes),
    };
  }

  /** A file that there is. */
  open(name: BasisName): OpenFile {
    const file = name === 'old' ? this.oldFile : this.leftFile;
    if (!file) throw new Error(`there is no ${name} file`);
    return file;
  }

  list(name: BasisName, request: ListRequest): Promise<Listing> {
    return Promise.resolve(listFile(this.tools, this.open(name), request));
  }

  /** Begins the file of a list beside the old one before its plan: what is found goes there. */
  beginEarly(list: HashList): Placement {
    this.early ??= {
      draft: openDraft(this.tools.files, this.place, 'beside', this.oldFile),
      placed: new Uint8Array(new SharedArrayBuffer(blockCount(list))),
    };
    const { draft, placed } = this.early;
    return { descriptor: draft.descriptor, placed, holdsBasis: draft.holdsBasis };
  }

  begin(request: BeginRequest): Promise<Receiver> {
    const { files, workers } = this.tools;
    const { basis, sizeBytes, blockBytes, method, attributes } = request;
    const where = request.isInPlace ? 'in-place' : basis?.name === 'left' ? 'resume' : 'beside';
    const { early } = this;
    this.early = undefined;
    const draft = early?.draft ?? openDraft(files, this.place, where, this.oldFile);
    try {
      const assembly = new Assembly({
        files,
        workers,
        draft,
        basis: basis && {
          file: this.unchanged(basis.name),
          list: basis.list,
          placed: early?.placed,
        },
        sizeBytes,
        blockBytes,
        method,
        hold: request.hold,
      });
      return Promise.resolve({
        put: (pieces, bytes) => assembly.apply(pieces, bytes),
        hashPages: (ranges, pageBytes) => assembly.hashPages(ranges, pageBytes),
        publish(root) {
          assembly.publish(root, attributes);
          return Promise.resolve(assembly.bytesWritten);
        },
        close() {
          draft.close();
          return Promise.resolve();
        },
      });
    } catch (error) {
      draft.close();
      throw error;
    }
  }

  close(): void {
    this.early?.draft.close();
    this.early = undefined;
    this.oldFile?.close();
    this.leftFile?.close();
  }

  /** @throws CodedError COPY_TARGET_CHANGED */
  private unchanged(name: BasisName): OpenFile {
    const file = this.open(name);
    const now = this.tools.files.at.statOpen(file.descriptor);
    if (identityOf(now) === identityOf(file.stat)) return file;
    throw new CodedError(
      'COPY_TARGET_CHANGED',
      `${file.path} changed while it was being compared.`,
      {
        hint: 'Something else writes to the target; copy it again once that has finished.',
      },
    );
  }
}

/** The list of a file, from the cache if it is there; a list that is made is kept there. */
export function listFile(
  { workers, lists, files, nowMs }: TargetTools,
  file: OpenFile,
  { blockBytes, method, onHashed }: ListRequest,
): Listing {
  const known = lists.find(file.stat, blockBytes, method);
  if (known) return completeListing(known);
  const startedMs = nowMs();
  const listing = startListing(workers, file, { blockBytes, method, onHashed });
  const keep = async (): Promise<void> => {
    await listing.ready(blockCount(listing.list));
    const isSame = identityOf(files.at.statOpen(file.descriptor)) === identityOf(file.stat);
    if (isSame) lists.keep(file.stat, listing.list, startedMs);
  };
  // Whoever waits for the list learns of its failure.
  keep().catch(() => undefined);
  return listing;
}

export function factsOf({ stat }: OpenFile): FileFacts {
  const { sizeBytes, mode, mtime } = stat;
  return { sizeBytes, identity: identityOf(stat), mode, mtime };
}
