/** The table of bad inputs, theme `jobs`. */
import { testTheme } from "./suite.ts"

testTheme("jobs")
