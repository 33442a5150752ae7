# SPDX-License-Identifier: BSL-1.0
#
# Compiles toy.cpp as a kernel would be, and looks at what came out: it asks for nothing but the
# documented hooks, has no static constructor, no thread_local, no guard variable, and no function
# that calls itself, directly or by way of others.
#
#   COMPILER, FLAGS (one string)   ROOT  the source tree   WORK  a folder   CALL_CYCLES  the program

cmake_minimum_required(VERSION 3.25)

set(hooks _ZnwmRKSt9nothrow_t _ZdlPv _ZdlPvm rmap_panic memcpy memset memmove memcmp)

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
list(APPEND flags -std=c++20 -Werror -fno-pic -fno-stack-protector "-I${ROOT}/include")
file(MAKE_DIRECTORY "${WORK}")
set(toy "${ROOT}/tests/freestanding/toy.cpp")

function(run)
    execute_process(COMMAND ${ARGN}
        RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
    if(NOT code EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}\n${output}")
    endif()
    set(output "${output}" PARENT_SCOPE)
endfunction()

foreach(level IN ITEMS 0 2)
    set(object "${WORK}/toy.O${level}.o")
    run("${COMPILER}" ${flags} -O${level} -c "${toy}" -o "${object}")

    run(nm -u "${object}")
    string(REGEX MATCHALL "[^ \n]+" symbols "${output}")
    list(REMOVE_ITEM symbols U w)
    foreach(symbol IN LISTS symbols)
        if(NOT symbol IN_LIST hooks)
            message(FATAL_ERROR "-O${level}: toy.cpp asks for ${symbol}")
        endif()
    endforeach()

    run(nm "${object}")
    if(output MATCHES "[^\n]*(__cxa_|_ZGV|_ZTH|__tls)[^\n]*")
        message(FATAL_ERROR "-O${level}: ${CMAKE_MATCH_0}")
    endif()
    run(objdump -h "${object}")
    if(output MATCHES "[^\n]*\\.(init_array|ctors|fini_array|dtors|tdata|tbss)[^\n]*")
        message(FATAL_ERROR "-O${level}: a section that needs a runtime: ${CMAKE_MATCH_0}")
    endif()
endforeach()

# Without inlining and tail calls each call is seen; linked, each call names its function. A call
# through a pointer is not seen.
set(program "${WORK}/toy")
run("${COMPILER}" -nostdlib -static -no-pie "-Wl,--unresolved-symbols=ignore-all" -Wl,-e,_start
    "${WORK}/toy.O0.o" -o "${program}")
execute_process(COMMAND objdump -d --no-show-raw-insn "${program}"
    COMMAND "${CALL_CYCLES}" RESULT_VARIABLE code OUTPUT_VARIABLE output)
message("${output}")
if(NOT code EQUAL 0)
    message(FATAL_ERROR "a cycle of calls")
endif()
