/** What git said when it failed, in words that name the way out. */
import { type Failure, failure } from "@relaunch/failure"
import type { GitAnswer } from "./command.ts"

const firstLines = (stderr: string): string =>
  stderr
    .split("\n")
    .map((line) => line.trim())
    .filter(
      (line) =>
        line !== "" && !/^(?:hint:|warning:|Please make sure|and the repository)/i.test(line),
    )
    .slice(-2)
    .join("; ")
    .replace(/^fatal: |^error: /g, "")

export const gitFailure = (url: string, { exitCode, stderr }: GitAnswer): Failure => {
  const said = firstLines(stderr) || `exit code ${exitCode}`
  const details = { remote: url, said: stderr.trim() }
  const isSsh = !/^https:/i.test(url)
  const transport = /transport '([^']+)' not allowed/.exec(stderr)?.[1]
  if (transport !== undefined) {
    return failure(
      "E_GIT_URL",
      `\`${url}\` wants the transport \`${transport}\`, which is refused`,
      {
        hints: [
          "Only https and ssh are used; change the URL in .gitmodules, or in git's `insteadOf`",
        ],
        details,
      },
    )
  }
  if (
    /no url found for submodule|disallowed submodule|suspicious submodule|ignoring suspicious/i.test(
      stderr,
    )
  ) {
    return failure(
      "E_GIT_URL",
      `\`${url}\`: git refuses a URL, name or path of .gitmodules: ${said}`,
      {
        hints: ["Write the submodule's URL in .gitmodules as `https://...` or `git@host:path`"],
        details,
      },
    )
  }
  if (
    /certificate verification failed|SSL certificate problem|certificate signed by unknown/i.test(
      stderr,
    )
  ) {
    return failure("E_GIT_AUTH", `The certificate of \`${url}\` is not trusted`, {
      hints: [
        "Name the authority's file in GIT_SSL_CAINFO, or in git's `http.sslCAInfo`",
        // git's own words are the same for both.
        `A wrong clock has the same effect; it is ${new Date().toISOString().slice(0, 10)} here`,
      ],
      details,
    })
  }
  if (/host key verification failed|no .*host key is known/i.test(stderr)) {
    return failure("E_GIT_AUTH", `The host key of \`${url}\` is not known`, {
      hints: ["Connect once by hand (`ssh -T user@host`), or add the key with `ssh-keyscan`"],
      details,
    })
  }
  if (
    /authentication failed|could not read (?:username|password)|permission denied|invalid credentials|returned error: 40[13]|terminal prompts disabled/i.test(
      stderr,
    )
  ) {
    return failure("E_GIT_AUTH", `Access to \`${url}\` was refused`, {
      hints: isSsh
        ? ["Check that your ssh key is loaded (`ssh-add -l`) and known to the host"]
        : [
            "Set up git's credentials (`git credential approve`, a credential helper), or pass `--git-username` with the password in RELAUNCH_GIT_PASSWORD",
          ],
      details,
    })
  }
  if (
    /repository .*not found|not found$|does not appear to be a git repository|returned error: 404/im.test(
      stderr,
    )
  ) {
    return failure("E_SOURCE_NOT_FOUND", `There is no git repository at \`${url}\``, {
      hints: ["Check the URL; a private repository also answers like this to strangers"],
      details,
    })
  }
  if (
    /could not resolve host|connection (?:refused|timed out|reset)|failed to connect|network is unreachable|early eof|timed out|operation too slow|kex_exchange|connection closed|name or service not known|temporary failure/i.test(
      stderr,
    )
  ) {
    return failure("E_NETWORK", `\`${url}\` cannot be reached: ${said}`, {
      hints: ["Check the host name and your network, then try again"],
      details,
    })
  }
  return failure("E_GIT", `git failed for \`${url}\`: ${said}`, {
    hints: ["Try `git ls-remote` with the same URL"],
    details,
  })
}
