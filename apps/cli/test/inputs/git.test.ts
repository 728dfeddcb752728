/** The table of bad inputs, theme `git`. */
import { testTheme } from "./suite.ts"

testTheme("git")
