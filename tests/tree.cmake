# SPDX-License-Identifier: BSL-1.0
#
# Tests over the tree itself: each runs compilers, by the scripts in the folder of its name. Both
# g++ and clang++ are tried, whichever the build uses, and the cross compilers that are there.

# compilers: names; compiler_<name>: the paths.
set(compilers)
foreach(name IN ITEMS g++ clang++ aarch64-linux-gnu-g++ riscv64-linux-gnu-g++)
    find_program(RMAP_TEST_${name} ${name})
    mark_as_advanced(RMAP_TEST_${name})
    if(RMAP_TEST_${name})
        list(APPEND compilers ${name})
        set(compiler_${name} "${RMAP_TEST_${name}}")
    else()
        message(STATUS "rmap: ${name} is not installed: what it would compile is left out")
    endif()
endforeach()
if(NOT compilers)
    set(compilers c++)
    set(compiler_c++ "${CMAKE_CXX_COMPILER}")
endif()

set(native_compilers ${compilers})
list(FILTER native_compilers EXCLUDE REGEX "-linux-gnu-")
list(JOIN rmap_warning_flags " " warnings)

# add_script_test(NAME LABEL FOLDER/SCRIPT DEFINITION...): a test that is a cmake script.
function(add_script_test name label script)
    list(TRANSFORM ARGN PREPEND "-D")
    add_test(NAME ${name} COMMAND "${CMAKE_COMMAND}" ${ARGN}
        "-DROOT=${PROJECT_SOURCE_DIR}" "-DWORK=${PROJECT_BINARY_DIR}/tree/${name}"
        -P "${CMAKE_CURRENT_SOURCE_DIR}/${script}")
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT 600)
endfunction()

# ---- each header alone, twice; the freestanding ones also without an operating system

set(hosted_rooms hosted mm replay verify)
list(JOIN hosted_rooms "," hosted_list)
set(freestanding_flags "-ffreestanding -fno-exceptions -fno-rtti -fno-threadsafe-statics -nostdlib")
file(GLOB rooms CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include/rmap"
    "${PROJECT_SOURCE_DIR}/include/rmap/*")
list(FILTER rooms EXCLUDE REGEX "\\.(hpp|md)$")
foreach(room IN ITEMS . LISTS rooms)
    set(room_name ${room})
    if(room STREQUAL ".")
        set(room_name top)
    endif()
    foreach(compiler IN LISTS compilers)
        if(compiler IN_LIST native_compilers)
            add_script_test(headers.${room_name}.${compiler} headers headers/alone.cmake
                "COMPILER=${compiler_${compiler}}" "ROOM=${room}" "FLAGS=-pthread ${warnings}")
        endif()
        if(NOT room IN_LIST hosted_rooms)
            add_script_test(freestanding.${room_name}.${compiler} freestanding headers/alone.cmake
                "COMPILER=${compiler_${compiler}}" "ROOM=${room}" "EXCLUDE=${hosted_list}"
                "FLAGS=${freestanding_flags} ${warnings}")
        endif()
    endforeach()
endforeach()

# ---- what must not compile

file(GLOB_RECURSE cases CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}/negative"
    "${CMAKE_CURRENT_SOURCE_DIR}/negative/*.cpp")
foreach(case IN LISTS cases)
    string(REGEX REPLACE "\\.cpp$" "" name "${case}")
    string(REPLACE "/" "." name "${name}")
    foreach(compiler IN LISTS native_compilers)
        add_script_test(negative.${name}.${compiler} negative negative/run.cmake
            "COMPILER=${compiler_${compiler}}" "CASE=${case}")
    endforeach()
endforeach()

# ---- the explorer's fibers where they are not those of this machine

foreach(test IN ITEMS litmus detect)
    add_script_test(explore.ucontext.${test} emulated explore/emulated.cmake
        "COMPILER=${CMAKE_CXX_COMPILER}" "TEST=${test}_test.cpp" "FLAGS=-DRMAP_FIBER_UCONTEXT")
endforeach()
set(explore_on_aarch64 litmus detect token bounds)
set(explore_on_riscv64 detect)  # it has no fibers of its own and takes ucontext
foreach(processor IN ITEMS aarch64 riscv64)
    set(compiler ${processor}-linux-gnu-g++)
    find_program(RMAP_TEST_QEMU_${processor} NAMES qemu-${processor}-static qemu-${processor})
    mark_as_advanced(RMAP_TEST_QEMU_${processor})
    if(RMAP_TEST_${compiler} AND RMAP_TEST_QEMU_${processor})
        foreach(test IN LISTS explore_on_${processor})
            add_script_test(explore.${processor}.${test} emulated explore/emulated.cmake
                "COMPILER=${compiler_${compiler}}" "TEST=${test}_test.cpp" "FLAGS=-static"
                "EMULATOR=${RMAP_TEST_QEMU_${processor}}")
        endforeach()
    else()
        # A skipped test, so that the closing summary says it too.
        set(how "install g++-${processor}-linux-gnu and qemu-user-static, and configure again")
        add_test(NAME explore.${processor}.needs.qemu-user-static
            COMMAND "${CMAKE_COMMAND}" -E echo "fibers on ${processor} are left out: ${how}")
        set_tests_properties(explore.${processor}.needs.qemu-user-static PROPERTIES
            LABELS emulated SKIP_REGULAR_EXPRESSION "left out")
    endif()
endforeach()

# ---- a program without an operating system

rmap_add_program(call_cycles freestanding/call_cycles.cpp)
add_custom_target(freestanding DEPENDS call_cycles COMMENT "What the freestanding tests need")
foreach(source IN ITEMS toy call_cycles_self_test)
    if(NOT EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/freestanding/${source}.cpp")
        continue()
    endif()
    foreach(compiler IN LISTS native_compilers)
        add_script_test(freestanding.${source}.${compiler} freestanding freestanding/${source}.cmake
            "COMPILER=${compiler_${compiler}}" "CALL_CYCLES=$<TARGET_FILE:call_cycles>"
            "FLAGS=${freestanding_flags} ${warnings}")
    endforeach()
endforeach()

# ---- the code that comes out, where the lack of an instruction is the point

foreach(target IN ITEMS g++ clang++ aarch64-linux-gnu-g++ clang++.aarch64)
    string(REGEX REPLACE "\\.aarch64$" "" compiler "${target}")
    set(target_flags "")
    set(needs ${compiler})
    if(target MATCHES "\\.aarch64$")
        set(target_flags "--target=aarch64-linux-gnu")
        list(APPEND needs aarch64-linux-gnu-g++)  # its C library's headers
    endif()
    set(missing ${needs})
    list(REMOVE_ITEM missing ${compilers})
    if(missing)  # a skipped test, so that the closing summary says it
        add_test(NAME assembly.flags.${target}
            COMMAND "${CMAKE_COMMAND}" -E echo "left out: ${missing} is not installed")
        set_tests_properties(assembly.flags.${target} PROPERTIES LABELS assembly
            SKIP_REGULAR_EXPRESSION "left out")
        continue()
    endif()
    add_script_test(assembly.flags.${target} assembly assembly/flags.cmake
        "COMPILER=${compiler_${compiler}}" "FLAGS=${target_flags}")
    set_tests_properties(assembly.flags.${target} PROPERTIES
        SKIP_REGULAR_EXPRESSION "nothing is known of the code for")
endforeach()

# ---- rmap in another project

find_program(RMAP_TEST_PKG_CONFIG NAMES pkg-config pkgconf)
mark_as_advanced(RMAP_TEST_PKG_CONFIG)
foreach(how IN ITEMS installed subdirectory fetch pkg_config)
    if(how STREQUAL "pkg_config" AND NOT RMAP_TEST_PKG_CONFIG)
        continue()
    endif()
    foreach(compiler IN LISTS native_compilers)
        add_script_test(consumer.${how}.${compiler} consumer consumer/run.cmake "HOW=${how}"
            "COMPILER=${compiler_${compiler}}" "GENERATOR=${CMAKE_GENERATOR}"
            "MAKE_PROGRAM=${CMAKE_MAKE_PROGRAM}" "PKG_CONFIG=${RMAP_TEST_PKG_CONFIG}"
            "VERSION=${PROJECT_VERSION}")
    endforeach()
endforeach()
