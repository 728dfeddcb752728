/** The table of bad inputs, theme `dockerfiles`. */
import { testTheme } from "./suite.ts"

testTheme("dockerfiles")
