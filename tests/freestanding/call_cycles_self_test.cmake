# SPDX-License-Identifier: BSL-1.0
#
# call_cycles finds a planted recursion, direct and mutual, and finds none where there is none.

cmake_minimum_required(VERSION 3.25)

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
file(MAKE_DIRECTORY "${WORK}")

foreach(case IN ITEMS NONE DIRECT MUTUAL)
    execute_process(COMMAND "${COMPILER}" ${flags} -std=c++20 -Werror -fno-pic -fno-stack-protector
        -D${case} -O0 -c "${ROOT}/tests/freestanding/call_cycles_self_test.cpp"
        -o "${WORK}/${case}.o" ERROR_VARIABLE output)
    execute_process(COMMAND "${COMPILER}" -nostdlib -static -no-pie -Wl,-e,_start
        "${WORK}/${case}.o" -o "${WORK}/${case}" RESULT_VARIABLE code ERROR_VARIABLE output)
    if(NOT code EQUAL 0)
        message(FATAL_ERROR "${case}: ${output}")
    endif()
    execute_process(COMMAND objdump -d --no-show-raw-insn "${WORK}/${case}"
        COMMAND "${CALL_CYCLES}" RESULT_VARIABLE code OUTPUT_VARIABLE output)
    message("${case}: ${output}")
    set(expected 1)
    if(case STREQUAL "NONE")
        set(expected 0)
    endif()
    if(NOT code EQUAL expected)
        message(FATAL_ERROR "${case}: call_cycles answered ${code}")
    endif()
endforeach()
