export type { RunningServer, Serve, ServerOptions } from "./server.ts"
