/** All that a server answers to clients who copy. */
import type { Routes } from '../../transport/server/application.js';
import type { TargetTools } from '../local-target.js';
import { addCopyRoutes } from './copy-routes.js';
import { addDraftRoutes } from './draft-routes.js';
import { Drafts } from './drafts.js';
import { addInfoRoute } from './info-route.js';
import { addPdiffcopyRoutes } from './pdiffcopy-routes.js';
import type { CopySettings } from './settings.js';

export interface CopyRoutes extends Routes {
  /** Gives up the new files that are under way: what clients sent stays. */
  close(): Promise<void>;
}

export function createCopyRoutes(settings: CopySettings): CopyRoutes {
  const { platform, workers, lists } = settings;
  const nowMs = (): number => platform.clock.nowMs();
  const tools: TargetTools = { files: platform.files, workers, lists, nowMs };
  const drafts = new Drafts((count) => platform.randomBytes(count));
  return {
    add(app) {
      addInfoRoute(app, settings, tools);
      addCopyRoutes(app, settings, tools);
      addDraftRoutes(app, settings, tools, drafts);
      if (settings.isPdiffcopy) addPdiffcopyRoutes(app, settings, tools);
    },
    statuses: {
      COPY_BUSY: 409,
      COPY_MISMATCH: 409,
      COPY_SOURCE_CHANGED: 409,
      COPY_TARGET_CHANGED: 409,
      NOT_A_FILE: 403,
    },
    close: () => drafts.close(),
  };
}
