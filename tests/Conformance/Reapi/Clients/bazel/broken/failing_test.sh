#!/bin/sh
echo what went wrong
exit 1
