# SPDX-License-Identifier: BSL-1.0
#
# Compiles flags.cpp to assembly and reads each function as a word: R a read-modify-write, F a
# fence, L a load and W a store of a whole word, B a load of a byte. One word is RL: no fence, and
# no locked instruction but the one that writes the flag. Two words are RFL, on each side. An L
# before R is that of a loop around a compare-exchange.
#
#   COMPILER, FLAGS (one string)   ROOT  the source tree   WORK  a folder

cmake_minimum_required(VERSION 3.25)

separate_arguments(flags UNIX_COMMAND "${FLAGS}")
execute_process(COMMAND "${COMPILER}" ${flags} -dumpmachine OUTPUT_VARIABLE machine
    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
set(variants "-O2")
if(machine MATCHES "^x86_64")
    set(letters
        F "(mfence|lock[ \t]+or[lq][ \t]+\\$0(x0)?, .*\\(%[er]sp\\))"
        R "(lock[ \t]|xchg[bwlq][ \t])"
        B "(mov[sz]?b[lq]?|movzx|testb|btw?|cmpb|bt[lq])[ \t].*\\((%rdi|%rsi)"
        L "movl[ \t]+\\((%rdi|%rsi)\\), %e"
        W "movl[ \t]+\\$[0-9]+, \\(%rdi\\)")
elseif(machine MATCHES "^aarch64")
    # With the instructions of 8.1, without them, and as asked at run time: calls of a function
    # whose name tells its order. What is ordered counts as a fence.
    list(APPEND variants "-O2 -march=armv8.1-a" "-O2 -mno-outline-atomics")
    set(letters
        R "(stxr|(ld|st)(set|clr)[ \t]|bl[ \t]+__aarch64_[a-z]+[0-9]_relax)"
        F "(dmb|dsb|ldaxr|stlxr|ldar|stlr|cas|swp|(ld|st)(set|clr|eor|add)|bl[ \t])"
        B "ldrb"
        L "ldr[ \t]+w[0-9]+, <x"
        W "str[ \t]+w[0-9]+, <x")
else()
    message("nothing is known of the code for ${machine}")
    return()
endif()

set(roles
    one_word_munlock "L?RL"
    one_word_munlock_told "L?RL"
    one_word_putback "L?RL"
    split_word_munlock "L?RFL"
    split_word_putback "L?RFL"
    set_flag "L?R"
    test_flag "L"
    publish_flags "W")
if(machine MATCHES "^x86_64")
    list(APPEND roles kernel_rmw_munlock "L?RL" kernel_rmw_putback "L?RL")
endif()

file(MAKE_DIRECTORY "${WORK}")
foreach(variant IN LISTS variants)
    separate_arguments(variant_flags UNIX_COMMAND "${variant}")
    execute_process(COMMAND "${COMPILER}" ${flags} ${variant_flags} -std=c++20 -DNDEBUG
        -fno-asynchronous-unwind-tables "-I${ROOT}/include" -S "${ROOT}/tests/assembly/flags.cpp"
        -o "${WORK}/flags.s" COMMAND_ERROR_IS_FATAL ANY)
    file(READ "${WORK}/flags.s" assembly)
    # A list of lines takes neither semicolons nor single brackets.
    string(REPLACE ";" "," assembly "${assembly}")
    string(REPLACE "[" "<" assembly "${assembly}")
    string(REPLACE "]" ">" assembly "${assembly}")

    set(rest ${roles})
    while(rest)
        list(POP_FRONT rest role wanted)
        string(FIND "${assembly}" "\n${role}:" begin)
        string(FIND "${assembly}" ".size\t${role}" end)
        if(begin LESS 0 OR end LESS begin)
            message(FATAL_ERROR "${machine} ${variant}: no function ${role} in ${WORK}/flags.s")
        endif()
        math(EXPR length "${end} - ${begin}")
        string(SUBSTRING "${assembly}" ${begin} ${length} body)
        string(REPLACE "\n" ";" lines "${body}")
        set(read "")
        foreach(line IN LISTS lines)
            if(line MATCHES "^[ \t]*[.#/@]")
                continue()
            endif()
            set(left ${letters})
            while(left)
                list(POP_FRONT left letter pattern)
                if(line MATCHES "^[ \t]+([a-z]+[ \t]+)?${pattern}")
                    string(APPEND read ${letter})
                    break()
                endif()
            endwhile()
        endforeach()
        message("${machine} ${variant}: ${role}: ${read}")
        if(NOT read MATCHES "^${wanted}$")
            message(FATAL_ERROR "${role} should be ${wanted}:\n${body}")
        endif()
    endwhile()
endforeach()
