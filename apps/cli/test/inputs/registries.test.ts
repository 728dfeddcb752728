/** The table of bad inputs, theme `registries`. */
import { testTheme } from "./suite.ts"

testTheme("registries")
