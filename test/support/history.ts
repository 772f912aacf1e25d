/** What happened to paths, told by numbers, in the form in which an index answers questions about it. */
import { bytesFromText, type ByteString } from '../../src/platform/bytes.js';
import type { Platform } from '../../src/platform/platform.js';
import type { Index } from '../../src/repo/index/index.js';
import type { Snapshot, Source } from '../../src/repo/index/sources.js';
import { parentOfRoots } from '../../src/repo/index/versions.js';

/** The versions of a path: from which number on, and from which on no longer; 0: it is there still. */
type Spans = readonly (readonly [first: number, last: number])[];

interface ToldSource {
  readonly host?: string;
  readonly roots: readonly string[];
  /** Numbers of its snapshots, and when each was taken. */
  readonly snapshots: Readonly<Record<number, string>>;
  /** Each root, and what lies below; parents before what they hold. */
  readonly paths?: Readonly<Record<string, Spans>>;
}

export interface History {
  readonly index: Index;
  readonly sources: readonly Source[];
  /** A machine whose working directory is `/cwd`, and which has `live`. */
  readonly platform: (...live: readonly string[]) => Platform;
}

interface Node {
  readonly parent: number;
  readonly name: string;
  readonly spans: Spans;
}

/** Sources are numbered from 1 in the order given. */
export function historyOf(...told: readonly ToldSource[]): History {
  const sources = told.map(({ host = 'host', roots }, i): Source => ({
    id: i + 1,
    host,
    roots: roots.map((root) => bytesFromText(root)),
  }));
  const all = told
    .flatMap(({ snapshots }, i) =>
      Object.entries(snapshots).map(([number, time]) => ({
        number: Number(number),
        source: i + 1,
        startedMs: Date.parse(time),
      })),
    )
    .sort((a, b) => a.number - b.number) as Snapshot[];
  const ofSource = (id: number): Snapshot[] => all.filter(({ source }) => source === id);
  const nodes: Node[] = [];
  const pathId = (parent: number, name: string): number | undefined => {
    const at = nodes.findIndex((node) => node.parent === parent && node.name === name);
    return at < 0 ? undefined : at + 1;
  };
  for (const [i, { roots, paths = {} }] of told.entries()) {
    for (const [path, spans] of Object.entries(paths)) {
      const cut = path.lastIndexOf('/');
      const isRoot = roots.includes(path);
      const root = roots.find((one) => path.startsWith(one)) ?? '';
      let parent = parentOfRoots(i + 1);
      if (!isRoot) {
        parent = pathId(parent, root) ?? NaN;
        const between = path.slice(root.length, cut).split('/').filter(Boolean);
        for (const name of between) parent = pathId(parent, name) ?? NaN;
      }
      nodes.push({ parent, name: isRoot ? path : path.slice(cut + 1), spans });
    }
  }
  const versionsOf = (id: number): object[] =>
    (nodes[id - 1]?.spans ?? []).map(([first, last]) => ({ path: id, first, last }));
  const index = {
    sources: { all: () => sources },
    snapshots: {
      all: () => all,
      get: (number: number) => all.find((one) => one.number === number),
      latest: (id: number) => ofSource(id).at(-1),
      ofSource,
    },
    versions: {
      pathId,
      atPath: (id: number, number: number) =>
        (versionsOf(id) as { first: number; last: number }[]).find(
          ({ first, last }) => first <= number && (last === 0 || number < last),
        ),
    },
    history: {
      ofPath: versionsOf,
      snapshotTimes: (id: number) => ofSource(id).map((one) => [one.number, one.startedMs]),
    },
  };
  return {
    index: index as unknown as Index,
    sources,
    platform: (...live) => {
      const files = {
        absolutePath: (text: string) => (text.startsWith('/') ? text : `/cwd/${text}`),
        exists: (path: ByteString) => live.includes(path),
      };
      return { files } as unknown as Platform;
    },
  };
}
