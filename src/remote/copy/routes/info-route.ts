/** What is known of a file: the first request of every copy. */
import { CodedError } from '../../../errors.js';
import { LocalTarget, type TargetTools } from '../local-target.js';
import type { OpenFile } from '../file/place.js';
import type { HashMethod } from '../hashing/methods.js';
import { encodeFacts } from '../wire/documents.js';
import type { Application, RouteContext } from '../../transport/server/requests.js';
import { blockBytesOf, closing, methodOf, placeOf } from './requests.js';
import type { CopySettings } from './settings.js';

export function addInfoRoute(app: Application, settings: CopySettings, tools: TargetTools): void {
  app.get('/info', async (context) => {
    const asked = context.req.query('list');
    const listed = asked === undefined ? undefined : await listedOf(context, asked);
    const { old, left, isEqual } = factsOf(context, settings, tools, listed);
    const varve = {
      ...(old && encodeFacts(old)),
      left: settings.allowsWriting ? left && encodeFacts(left) : undefined,
      equal: listed && isEqual,
    };
    if (old) return context.json({ size: old.sizeBytes, varve });
    const error = { code: 'PATH_NOT_FOUND', message: 'There is no such file.' };
    return context.json({ varve, error }, 404);
  });
}

/** A list that the client has of its own file. */
interface Listed {
  /** Hexadecimal digits. */
  readonly hash: string;
  readonly blockBytes: number;
  readonly method: HashMethod;
}

const listedOf = async (context: RouteContext, hash: string): Promise<Listed> => ({
  hash,
  blockBytes: blockBytesOf(context),
  method: await methodOf(context),
});

/** What is known of a file; nothing where its directory is still to be made. */
function factsOf(
  context: RouteContext,
  settings: CopySettings,
  tools: TargetTools,
  listed: Listed | undefined,
): Pick<LocalTarget, 'old' | 'left'> & { readonly isEqual: boolean } {
  try {
    const place = placeOf(context, settings);
    return closing(place, () => {
      const target = new LocalTarget(tools, place);
      target.close();
      const { old, left } = target;
      return {
        old,
        left,
        isEqual: old !== undefined && hasList(target.open('old'), listed, tools),
      };
    });
  } catch (error) {
    const isMissing = error instanceof CodedError && error.code === 'PATH_NOT_FOUND';
    if (!isMissing) throw error;
    return { old: undefined, left: undefined, isEqual: false };
  }
}

/** Whether a file is known, without reading it, to have this list. */
function hasList({ stat }: OpenFile, listed: Listed | undefined, { lists }: TargetTools): boolean {
  const hash = listed && lists.findHash(stat, listed.blockBytes, listed.method);
  return hash !== undefined && hash.toString('hex') === listed?.hash;
}
