// The styles of the whole page come before those of its parts.
import "./style/tokens.css";
import "./style/base.css";
import { render } from "preact";
import { App } from "./app";
import { freeReplacedTrees } from "./memory";
import { follow as followTheme } from "./state/theme";
import { followHistory } from "./state/view";

const root = document.getElementById("app");
freeReplacedTrees();
followTheme();
followHistory();
if (root) render(<App />, root);
