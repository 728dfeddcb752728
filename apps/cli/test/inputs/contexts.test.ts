/** The table of bad inputs, theme `contexts`. */
import { testTheme } from "./suite.ts"

testTheme("contexts")
