# SPDX-License-Identifier: BSL-1.0
#
# What rmap-bench says and how it exits, and that its files can be read.
#
#   cmake -DPROGRAM=rmap-bench -DWORK=/some/folder -P bench/usage_test.cmake

cmake_minimum_required(VERSION 3.25)

function(expect code pattern)
    execute_process(COMMAND "${PROGRAM}" ${ARGN}
        RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
    if(NOT result EQUAL code)
        message(SEND_ERROR "rmap-bench ${ARGN}: exit ${result}, not ${code}:\n${text}")
    elseif(NOT text MATCHES "${pattern}")
        message(SEND_ERROR "rmap-bench ${ARGN}: says nothing like '${pattern}':\n${text}")
    endif()
endfunction()

file(MAKE_DIRECTORY "${WORK}")
expect(0 "usage:.*exit:" --help)
expect(0
    "sizes .*include_cost .*operations .*policies .*replay_speed .*explore .*handshake "
    --list)
expect(2 "no bench is named `speed`" speed)
expect(2 "unknown option `--fast`" --fast)
expect(2 "--json needs a file" --json)
expect(2 "--svg needs a file" --svg)
expect(2 "cannot write" --html "${WORK}/no/such/folder/x.html" sizes)
expect(0 "anon_vma_chain" --quick --json "${WORK}/sizes.json" "--html=${WORK}/sizes.html" sizes)

file(READ "${WORK}/sizes.json" json)
string(JSON name GET "${json}" benchmarks 0 name)
string(JSON bytes GET "${json}" benchmarks 0 bytes)
string(JSON kernel_bytes GET "${json}" benchmarks 0 kernel_bytes)
string(JSON unit GET "${json}" benchmarks 0 time_unit)
string(JSON cpu_time GET "${json}" benchmarks 0 cpu_time)
string(JSON build GET "${json}" context library_build_type)
if(NOT name MATCHES "^sizes/" OR NOT unit STREQUAL "ns" OR bytes GREATER kernel_bytes)
    message(SEND_ERROR "${WORK}/sizes.json: ${name} ${bytes} ${kernel_bytes} ${unit} ${cpu_time}")
endif()
file(READ "${WORK}/sizes.html" html)
if(NOT html MATCHES "^<!DOCTYPE html>.*<svg .*</html>")
    message(SEND_ERROR "${WORK}/sizes.html is not the page that it should be")
endif()
