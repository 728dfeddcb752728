export { serve } from "./http/serve.ts"
export type { RunningServer, Serve, ServerOptions } from "./server.ts"
