/**
 * The HTTP application: who may ask, then the routes. Further routes (repositories) go beside those
 * of copies.
 */
import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { TargetTools } from '../copy/local-target.js';
import { VERSION_HEADER, WIRE_VERSION } from '../wire/protocol.js';
import { addCopyRoutes } from './copy-routes.js';
import { addDraftRoutes } from './draft-routes.js';
import { Drafts } from './drafts.js';
import { answerOf } from './failures.js';
import { guard } from './guard.js';
import { addPdiffcopyRoutes } from './pdiffcopy-routes.js';
import type { Application } from './requests.js';
import type { ServerSettings } from './settings.js';

export interface RunningApplication {
  readonly app: Application;
  close(): Promise<void>;
}

function toolsOf({ platform, workers, lists }: ServerSettings): TargetTools {
  return { files: platform.files, workers, lists, nowMs: () => platform.clock.nowMs() };
}

export function createApplication(settings: ServerSettings): RunningApplication {
  const app: Application = new Hono();
  const drafts = new Drafts((count) => settings.platform.randomBytes(count));
  app.use(async (context, next) => {
    context.env.outgoing.setHeader(VERSION_HEADER, WIRE_VERSION);
    context.header(VERSION_HEADER, WIRE_VERSION);
    context.header('cache-control', 'no-store');
    await next();
  });
  app.use(guard(settings));
  const tools = toolsOf(settings);
  addCopyRoutes(app, settings, tools);
  addDraftRoutes(app, settings, tools, drafts);
  if (settings.isPdiffcopy) addPdiffcopyRoutes(app, settings, tools);
  app.notFound((context) =>
    context.json({ error: { code: 'REMOTE_REQUEST', message: 'No such request.' } }, 404),
  );
  app.onError((error, context) => {
    const { status, body } = answerOf(error);
    return context.json(body, status as ContentfulStatusCode);
  });
  return { app, close: () => drafts.close() };
}
