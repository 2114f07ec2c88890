#!/bin/sh
app/main | grep -q "^3 words of "
