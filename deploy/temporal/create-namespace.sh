#!/bin/sh
# Creates the namespace once the server answers. Safe to run any number of times.
set -eu

tries=0
until temporal operator cluster health; do
  tries=$((tries + 1))
  if [ "$tries" -ge 60 ]; then
    echo "Temporal at $TEMPORAL_ADDRESS is not healthy after $tries tries." >&2
    exit 1
  fi
  sleep 2
done

# Another run may create it between the two commands, so what counts is that it is there in the end.
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d ||
  temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE"
echo "Namespace $TEMPORAL_NAMESPACE is there."
