"""Draw the README's picture from the published demonstration: ``python tools/picture.py > docs/field.svg``."""

import sys

from clusterscore import Workspace
from clusterscore.report import edition_page
from clusterscore.report.display import figure_of, svg_of
from clusterscore.steps import newest_posterior

workspace = Workspace.find()
function = "competitiveness"
page = edition_page(workspace.root, function, newest_posterior(workspace, function))
sys.stdout.write(svg_of(figure_of(page.field().axes)))
