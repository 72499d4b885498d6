# Read by find_package(lexigrad): finds what a program linked to lexigrad::lexigrad links with it.
include(CMakeFindDependencyMacro)
list(PREPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
find_dependency(OpenMP COMPONENTS CXX)
find_dependency(Threads)
find_dependency(CBLAS)
find_dependency(hwy)
list(POP_FRONT CMAKE_MODULE_PATH)
include(${CMAKE_CURRENT_LIST_DIR}/lexigradTargets.cmake)
