#!/usr/bin/env bash
# Makes a picture of each view of the demo's page in artifacts/pages, and the demo's flame graph in docs: docs/pages.sh. Needs chromium.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=artifacts/pages
mkdir -p "$out"
dotnet build -v q samples/Demo
dotnet publish -v q src/Stackflare.Cli -c Release -r linux-x64 -o artifacts/stackflare
samples/Demo/bin/Debug/net10.0/Demo --wait >"$out/demo.log" 2>&1 &
demo=$!
trap 'kill "$demo"' EXIT
sleep 3
artifacts/stackflare/stackflare "$demo" -f html -o "$out/demo.html"
artifacts/stackflare/stackflare "$demo" -f svg -o docs/demo.svg
chmod 644 docs/demo.svg
for theme in light dark; do
    for width in 500 1280 3840; do
        for view in stacks flame threads locks awaits; do
            # Chromium's setting 0 is dark, 1 is light.
            chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size="$width,1400" \
                --blink-settings=preferredColorScheme="$([ "$theme" = dark ] && echo 0 || echo 1)" \
                --screenshot="$out/$view-$width-$theme.png" "file://$PWD/$out/demo.html#$view" 2>/dev/null
        done
    done
done
ls "$out"
