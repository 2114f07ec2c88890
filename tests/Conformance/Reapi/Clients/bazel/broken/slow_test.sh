#!/bin/sh
echo before the wait
sleep 300
