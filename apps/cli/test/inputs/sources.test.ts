/** The table of bad inputs, theme `sources`. */
import { testTheme } from "./suite.ts"

testTheme("sources")
