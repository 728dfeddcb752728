/** Files of dependencies that lead astray, or hold bytes that nobody sees. */
import { type BadInput, code, main, threeBuilders } from "./case.ts"

const requirements = (
  title: string,
  text: string,
  answer: BadInput["answer"],
  more = {},
): BadInput => ({
  title,
  files: { ...main, "requirements.txt": text, ...more },
  args: code,
  answer,
})

const taken = { stored: { jobs: 1, runs: 1 } }

const levels = 3000
/** Each includes the next. */
const nested = Object.fromEntries(
  Array.from({ length: levels }, (_, at) => [
    `r/${at}.txt`,
    at + 1 < levels ? `-r ${at + 1}.txt\n` : "",
  ]),
)

export const dependencies: ReadonlyArray<BadInput> = [
  requirements("requirements that include /etc/shadow", "-r /etc/shadow\n", {
    code: "E_PROJECT_FILE",
    message: "`requirements.txt` includes `/etc/shadow`, which is outside the build context",
    hint: /Add the file/,
  }),
  requirements("requirements that include what lies above", "-r ../../x.txt\n", {
    code: "E_PROJECT_FILE",
    message: "`requirements.txt` includes `../../x.txt`, which is outside the build context",
    hint: /Add the file/,
  }),
  requirements("requirements that include what is not there", "-r more.txt\n", {
    code: "E_PROJECT_FILE",
    message: "`requirements.txt` includes `more.txt`, which is not in the build context",
    hint: /Add the file/,
  }),
  {
    ...requirements(
      "requirements that include each other",
      "-r a.txt\n",
      { says: /^run \w+ finished/ },
      { "a.txt": "-r requirements.txt\n" },
    ),
    stored: { jobs: 1, runs: 1 },
  },
  {
    ...requirements(
      "a header with a command in it",
      "# pip-compile --output-file=/etc/shadow $(touch /owned)\n",
      { says: /^run \w+ finished/ },
    ),
    stored: { jobs: 1, runs: 1 },
  },
  requirements(
    `requirements that include each other over ${levels.toLocaleString("en")} files`,
    "-r r/0.txt\n",
    {
      code: "E_PROJECT_FILE",
      message: "`requirements.txt` includes more than 100 files, `r/100.txt` among them",
      hint: /fewer files/,
    },
    nested,
  ),
  requirements("a NUL byte in requirements", "# all\nwandb\0==1\n", {
    code: "E_PROJECT_FILE",
    message: "`requirements.txt` line 2 holds a NUL byte",
    hint: /UTF-8/,
  }),
  requirements("a character without width in requirements", "wan\u200bdb==1\n", {
    code: "E_PROJECT_FILE",
    message: "`requirements.txt` line 1 holds the invisible character U+200B",
    hint: /Remove/,
  }),
  {
    title: "a byte order mark in runtime.txt",
    files: { ...main, "runtime.txt": "\ufeffpython-3.13\r\n" },
    args: code,
    answer: { says: /^run \w+ finished/ },
    ...taken,
  },
  {
    title: "a byte order mark in .dockerignore",
    builders: threeBuilders,
    files: {
      ...main,
      ".dockerignore": "\ufeffsecret.txt\r\n",
      "secret.txt": "",
      Dockerfile: "FROM python:3.13-slim\nCOPY . .\nRUN test ! -e secret.txt\n",
    },
    args: [...code, "-D", "Dockerfile"],
    answer: { says: /^run \w+ finished/ },
    ...taken,
  },
  {
    title: "a pyproject.toml that is no TOML",
    files: { ...main, "pyproject.toml": "[project\n" },
    args: code,
    answer: { code: "E_PROJECT_FILE", message: /pyproject\.toml/, hint: /./ },
  },
  {
    title: "a Python that does not exist",
    files: { ...main, ".python-version": "9.9\n" },
    args: code,
    answer: { code: "E_PROJECT_FILE", message: /9\.9/, hint: /./ },
  },
]
