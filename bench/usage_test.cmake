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
expect(0 "policies/locks/update_held_p99/cow_tree" --quick policies/locks)
expect(2 "no workload of policies begins with `lock_`" --quick policies/lock_)
expect(2 "no workload of policies begins with `lock_`" --quick policies/lock_ sizes)
expect(2 "unknown option `--fast`" --fast)
expect(2 "--json needs a file" --json)
expect(2 "--svg needs a file" --svg)
expect(2 "^rmap-bench: [^\n]*x.html: cannot write: [^\n]*\n$"
    --html "${WORK}/no/such/folder/x.html" sizes)  # before it measures
expect(2 "^rmap-bench: [^\n]*: cannot write: [^\n]*\n$" --svg "${WORK}/no/such/folder" sizes)
expect(0 "anon_vma_chain" --quick --json "${WORK}/sizes.json" "--html=${WORK}/sizes.html" sizes)

# A link to what is not there yet is followed, and stays.
file(REMOVE "${WORK}/target.json" "${WORK}/link.json")
file(CREATE_LINK "${WORK}/target.json" "${WORK}/link.json" SYMBOLIC)
expect(0 "anon_vma_chain" --quick --json "${WORK}/link.json" sizes)
if(NOT IS_SYMLINK "${WORK}/link.json" OR NOT EXISTS "${WORK}/target.json")
    message(SEND_ERROR "${WORK}/link.json: is no link any more")
endif()

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
# What the compare tool of Google Benchmark reads (tools/gbench: util.py sorts and filters,
# report.py compares): each figure has these, once, and a name of its own, as those of one name
# would be taken for repetitions. A counter has another name than any field.
expect(0 "" --quick --json "${WORK}/handshake.json" handshake)
foreach(file IN ITEMS sizes handshake)
    file(READ "${WORK}/${file}.json" json)
    string(JSON count LENGTH "${json}" benchmarks)
    math(EXPR last "${count} - 1")
    set(names)
    foreach(i RANGE ${last})
        string(JSON one GET "${json}" benchmarks ${i})
        foreach(field IN ITEMS name run_name run_type time_unit)
            string(JSON kind TYPE "${one}" ${field})
            if(NOT kind STREQUAL "STRING")
                message(SEND_ERROR "${file}.json, ${i}: ${field} is no string")
            endif()
        endforeach()
        foreach(field IN ITEMS
                repetitions repetition_index threads iterations real_time cpu_time)
            string(JSON kind TYPE "${one}" ${field})
            if(NOT kind STREQUAL "NUMBER")
                message(SEND_ERROR "${file}.json, ${i}: ${field} is no number")
            endif()
        endforeach()
        foreach(field IN ITEMS name run_name run_type time_unit repetitions repetition_index threads
                iterations real_time cpu_time items_per_second)
            string(REGEX MATCHALL "\"${field}\" *:" times "${one}")
            list(LENGTH times n)
            if(n GREATER 1)
                message(SEND_ERROR "${file}.json, ${i}: ${field} is there ${n} times")
            endif()
        endforeach()
        string(JSON run_type GET "${one}" run_type)
        string(JSON name GET "${one}" name)
        if(NOT run_type STREQUAL "iteration" OR name IN_LIST names)
            message(SEND_ERROR "${file}.json, ${i}: ${run_type}, or ${name} is there twice")
        endif()
        list(APPEND names "${name}")
    endforeach()
endforeach()

file(READ "${WORK}/sizes.html" html)
if(NOT html MATCHES "^<!DOCTYPE html>.*<svg .*</html>")
    message(SEND_ERROR "${WORK}/sizes.html is not the page that it should be")
endif()
