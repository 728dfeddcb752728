/** `buildctl dial-stdio`, for programs as transports: the socket on stdin and stdout. */
import { connect } from "node:net"

const socket = connect(process.argv[2] ?? "")
process.stdin.pipe(socket)
socket.pipe(process.stdout)
socket.on("close", () => process.exit(0))
